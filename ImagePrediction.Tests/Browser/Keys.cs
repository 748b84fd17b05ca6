using System.Security.Cryptography;
using System.Text;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>Where keys are configured, the pages ask for one, once.</summary>
public sealed class Keys(Keys.WithKeys keys, Chromium chromium) : IClassFixture<Keys.WithKeys>
{
    private const string User = "a-key-that-may-read-and-write";
    private const string Operator = "a-key-that-may-everything";

    [Fact]
    public Task AKeyIsAskedForOnceAndKeptForTheTab() => VisitAsync("/", async visit =>
    {
        await EnterAsync(visit, "wrong");
        await Visit.ShowsAsync(visit.Page.GetByRole(AriaRole.Alert).First, "This key is not known");

        await EnterAsync(visit, User);
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "mine.jpg");
        await Visit.AnsweredAsync(visit.Card("mine.jpg"));

        await visit.Page.ReloadAsync();
        await Visit.AnsweredAsync(visit.Card("mine.jpg")); // the picture came from the server, with the key
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge mine.jpg" }).ClickAsync();
        await visit.Lightbox.GetByText("Code for this photo").ClickAsync();
        await Visit.ShowsAsync(visit.Lightbox.Locator("pre"), "Authorization: Bearer $KEY");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(visit.Page.GetByLabel("Key")).ToBeHiddenAsync();
    });

    [Fact]
    public Task AKeyThatIsNoLongerAcceptedIsAskedForAgain() => VisitAsync("/", async visit =>
    {
        await EnterAsync(visit, User);
        await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
        await visit.Page.EvaluateAsync("sessionStorage.setItem('key', 'revoked')");
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "mine.jpg");

        await Visit.ShowsAsync(visit.Page.GetByRole(AriaRole.Alert).First, "This key is no longer accepted");
        await EnterAsync(visit, User);
        await Visit.AnsweredAsync(visit.Card("mine.jpg"));
    });

    [Fact]
    public Task TheOperatorPageWantsTheScope() => VisitAsync("/operator", async visit =>
    {
        await EnterAsync(visit, User);
        await Visit.ShowsAsync(visit.Page.GetByRole(AriaRole.Alert).First, "This key lacks the scope operator");

        await EnterAsync(visit, Operator);
        await Visit.ShowsAsync(visit.Page.Locator("main"), "2 running");
    });

    private static async Task EnterAsync(Visit visit, string key)
    {
        await visit.Page.GetByLabel("Key").FillAsync(key);
        await visit.Page.Keyboard.PressAsync("Enter");
    }

    private Task VisitAsync(string path, Func<Visit, Task> visit) => chromium.VisitAsync(keys.Topology.Api.BaseAddress!, path, visit);

    /// <summary>An application with two keys.</summary>
    public sealed class WithKeys : IAsyncLifetime
    {
        public Topology Topology { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Topology = await Topology.StartAsync(
            ("api", "ApiKeys__user__Sha256", Hash(User)),
            ("api", "ApiKeys__operator__Sha256", Hash(Operator)),
            ("api", "ApiKeys__operator__Scopes", "read write operator"));

        public async ValueTask DisposeAsync()
        {
            if (Topology is not null)
                await Topology.DisposeAsync();
        }

        private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}
