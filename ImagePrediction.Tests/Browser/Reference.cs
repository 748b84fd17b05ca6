using System.Text.RegularExpressions;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>The page at <c>/docs</c>: every operation can be read and tried. That it asks no other host is checked by every visit.</summary>
[Collection(SharedTopology.Collection)]
public sealed partial class Reference(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public Task ThePostComesFirstAndWorksAtOnceWithAPhotoThatIsThere() => VisitAsync(async visit =>
    {
        var post = visit.Page.Locator(".operation").First;
        await Visit.ShowsAsync(post.GetByRole(AriaRole.Heading), "POST/image_prediction");
        await SendAsync(post);
        await Visit.ShowsAsync(post.Locator(".answer"), "202 Accepted");

        var get = visit.Page.Locator("#GetPrediction");
        await TryAsync(get);
        await Visit.ShowsAsync(get.Locator(".answer"), "200 OK"); // its id was filled in
    });

    [Fact]
    public Task NothingIsFilledInThatSomebodyWouldHaveToTakeOutAgain() => VisitAsync(async visit =>
    {
        foreach (var field in await visit.Page.Locator(".operation form :is(input:not([type=radio]), select)").AllAsync())
            Assert.Equal("", await field.InputValueAsync());
    });

    [Fact]
    public Task EverythingCanBePressed() => VisitAsync(async visit =>
    {
        var page = visit.Page;
        foreach (var summary in await page.Locator("summary").AllAsync())
            if (!await summary.EvaluateAsync<bool>("summary => summary.parentElement.open"))
                await summary.ClickAsync();
        await SendAsync(page.Locator(".operation").First);
        await Visit.ShowsAsync(page.Locator(".answer").First, "202 Accepted");
        foreach (var choice in await page.Locator("input[type=radio]").AllAsync())
            await choice.CheckAsync();
        foreach (var list in await page.Locator("select").AllAsync())
            await list.SelectOptionAsync(new SelectOptionValue { Index = 1 });
        foreach (var button in await page.Locator("button:not(:text-is('Stop'))").AllAsync())
            await button.ClickAsync();
        for (var i = 1; i < await page.Locator(".answer").CountAsync(); i++)
            await Visit.SaysAsync(page.Locator(".answer").Nth(i), AStatus());
        await (await shared.GetAsync()).ResumeAsync(); // the pause may have come after the resumption

        foreach (var link in await page.Locator("a[href]").AllAsync())
            Assert.StartsWith("/", await link.EvaluateAsync<string>("link => link.href.replace(location.origin, '')"), StringComparison.Ordinal);
    });

    [Fact]
    public Task ARequestIsAlsoWrittenDownForATerminal() => VisitAsync(async visit =>
    {
        var list = visit.Page.Locator("#ListPredictions");
        await list.GetByText("Try it", new() { Exact = true }).ClickAsync();
        await list.GetByLabel("status").SelectOptionAsync("succeeded");
        await list.GetByText("The same with curl").ClickAsync();
        await Visit.ShowsAsync(list.Locator("form pre").Last, $"curl '{visit.Page.Url.Replace("/docs", "/image_predictions?status=succeeded'", StringComparison.Ordinal)}");
    });

    [Fact]
    public Task AHeaderThatCannotBeSentIsNamed() => VisitAsync(async visit =>
    {
        var post = visit.Page.Locator(".operation").First;
        await post.GetByText("Options").ClickAsync();
        await post.GetByLabel("Idempotency-Key header").FillAsync("Übersicht");
        await SendAsync(post);
        await Visit.ShowsAsync(post.Locator(".answer"), "The header Idempotency-Key takes ASCII characters only.");
    });

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public Task AxeFindsNothingAndNothingIsWiderThanTheScreen(ColorScheme scheme, int width) => VisitAsync(async visit =>
    {
        await SendAsync(visit.Page.Locator(".operation").First);
        await Visit.ShowsAsync(visit.Page.Locator(".answer").First, "202 Accepted");
        await visit.Page.EvaluateAsync("document.querySelectorAll('details').forEach(part => part.open = true)");
        await Visit.AccessibleAsync(visit.Page);
        Assert.Equal(width, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }, new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 } });

    private static async Task TryAsync(ILocator operation)
    {
        await operation.GetByText("Try it", new() { Exact = true }).ClickAsync();
        await SendAsync(operation);
    }

    private static Task SendAsync(ILocator operation) => operation.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();

    private async Task VisitAsync(Func<Visit, Task> visit, BrowserNewContextOptions? options = null) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/docs", async visitor =>
        {
            await Visit.VisibleAsync(visitor.Page.Locator(".operation").First);
            await visit(visitor);
        }, options);

    [GeneratedRegex(@"^[2-5]\d\d .*\(after \d+ ms\)", RegexOptions.None, 1000)]
    private static partial Regex AStatus();
}
