using System.Diagnostics;
using System.Text.Json;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>One photo, large: by mouse and by keyboard, with any threshold, and with code that asks the same.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Lightbox(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public Task TheKeyboardOpensAPhotoGoesToTheNextAndComesBack() => VisitAsync(async visit =>
    {
        await visit.ChooseManyAsync("one.jpg", "two.jpg", "three.jpg");
        foreach (var name in new[] { "one.jpg", "two.jpg", "three.jpg" })
            await Visit.AnsweredAsync(visit.Card(name));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge one.jpg" }).FocusAsync();

        await visit.Page.Keyboard.PressAsync("Enter");
        await Visit.SaysAsync(visit.Lightbox.GetByRole(AriaRole.Status).First, Answer.Words);
        await Assertions.Expect(visit.Lightbox.GetByRole(AriaRole.Heading)).ToHaveTextAsync("one.jpg");
        await Visit.ShowsAsync(visit.Lightbox, "1 of 3");
        await Visit.VisibleAsync(visit.Lightbox.GetByRole(AriaRole.Img));

        foreach (var (key, name) in new[] { ("ArrowRight", "two.jpg"), ("ArrowRight", "three.jpg"), ("ArrowRight", "three.jpg"), ("ArrowLeft", "two.jpg") })
        {
            await visit.Page.Keyboard.PressAsync(key);
            await Assertions.Expect(visit.Lightbox.GetByRole(AriaRole.Heading)).ToHaveTextAsync(name);
        }

        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(visit.Lightbox).ToBeHiddenAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge two.jpg" })).ToBeFocusedAsync();
    });

    [Fact]
    public Task ADeletedPhotoGivesWayToTheNextAndMayComeBack() => VisitAsync(async visit =>
    {
        await visit.ChooseManyAsync("one.jpg", "two.jpg");
        await Visit.AnsweredAsync(visit.Card("one.jpg"));
        await Visit.AnsweredAsync(visit.Card("two.jpg"));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge one.jpg" }).ClickAsync();

        await visit.Lightbox.GetByRole(AriaRole.Button, new() { Name = "Delete one.jpg" }).ClickAsync();
        await Assertions.Expect(visit.Lightbox.GetByRole(AriaRole.Heading)).ToHaveTextAsync("two.jpg");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Visit.ShowsAsync(visit.Lightbox, "2 of 2");
    });

    [Fact]
    public Task BoxesBelowTheThresholdAreShownAsSuchWhereTheSliderAsksForThem() => VisitAsync(async visit =>
    {
        await visit.Page.RouteAsync("**/image_prediction", route => route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = Faint }));
        await visit.ChooseAsync(Photos.Jpeg(320, 240), "faint.jpg");
        await Visit.ShowsAsync(visit.Card("faint.jpg"), "No dog: not sure: 31");
        await Visit.CountAsync(visit.Cards.Locator(".box"), 0);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge faint.jpg" }).ClickAsync();
        var slider = visit.Lightbox.GetByRole(AriaRole.Slider);
        await Visit.ShowsAsync(visit.Lightbox.Locator("output"), "50 %");
        await Visit.CountAsync(visit.Lightbox.Locator(".box"), 0);

        await slider.FillAsync("30");
        await Visit.CountAsync(visit.Lightbox.Locator(".box.weak"), 1);
        await Visit.SaysAsync(visit.Lightbox.Locator(".label"), Answer.Label);
        await Visit.ShowsAsync(visit.Lightbox, "Here a dog would count; the answer goes by 50 %.");

        await slider.FillAsync("5");
        await Visit.CountAsync(visit.Lightbox.Locator(".box.weak"), 2);
        await Visit.ShowsAsync(visit.Lightbox, "Here 2 dogs would count");
    });

    [Theory]
    [InlineData("curl", "bash")]
    [InlineData("Python", "python3")]
    public async Task TheCodeSendsThatFileAndReadsTheAnswer(string language, string program)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && await RunsAsync(program, "--version") && await RunsAsync("curl", "--version"), $"{program} or curl is missing");
        const string Name = "it's \"the\" dog; $HOME, 1.jpg";
        using var folder = new TemporaryFolder();
        var photo = await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "ImagePrediction.Api", "wwwroot", "samples", "dog.jpg"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, Name), photo, TestContext.Current.CancellationToken);
        await VisitAsync(async visit =>
        {
            await visit.ChooseAsync(photo, Name);
            await Visit.AnsweredAsync(visit.Card(Name));
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = $"Enlarge {Name}" }).ClickAsync();
            await visit.Lightbox.GetByText("Code for this photo").ClickAsync();
            await visit.Lightbox.GetByRole(AriaRole.Button, new() { Name = language }).ClickAsync();

            var output = await OutputAsync(program, "-c", await visit.Lightbox.Locator("pre").TextContentAsync() ?? "", folder.Path);
            Assert.Contains("succeeded", output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public Task TheCodeIsCopied() => VisitAsync(async visit =>
    {
        await visit.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "garden.jpg");
        await Visit.AnsweredAsync(visit.Card("garden.jpg"));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge garden.jpg" }).ClickAsync();
        await visit.Lightbox.GetByText("Code for this photo").ClickAsync();
        await visit.Lightbox.GetByRole(AriaRole.Button, new() { Name = "C#" }).ClickAsync();
        await visit.Lightbox.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();

        await Visit.ShowsAsync(visit.Lightbox, "Copied");
        var code = await visit.Page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.Contains("File.OpenRead(\"garden.jpg\")", code, StringComparison.Ordinal);
        Assert.DoesNotContain("YOUR_KEY", code, StringComparison.Ordinal);
    });

    /// <summary>An answer with two dogs that the model does not count.</summary>
    private static string Faint { get; } = JsonSerializer.Serialize(new
    {
        id = Guid.CreateVersion7(),
        status = "succeeded",
        contains_dog = false,
        confidence = 0.31,
        detections = Array.Empty<object>(),
        below_threshold = new[]
        {
            new { label = "dog", confidence = 0.31, box = new { x = 10, y = 10, width = 100, height = 100 } },
            new { label = "dog", confidence = 0.12, box = new { x = 180, y = 80, width = 100, height = 100 } },
        },
        image = new { bytes = 1, media_type = "image/jpeg", width = 320, height = 240 },
        model = new { name = "any", version = "1", threshold = 0.5 },
        links = new { self = "/image_prediction/1", annotated = "/image_prediction/1/annotated" },
    });

    private static async Task<bool> RunsAsync(string program, string argument)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [argument]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string> OutputAsync(string program, string option, string code, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [option, code]) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit);
}
