using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>The page at <c>/operator</c>.</summary>
[Collection(SharedTopology.Collection)]
public sealed class OperatorPage(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public async Task FiguresAndWorkersAreShown()
    {
        var topology = await shared.GetAsync();
        await topology.AllSucceedAsync(await topology.AcceptManyAsync(5));
        await VisitAsync(async visit =>
        {
            await Visit.ShowsAsync(visit.Page.Locator("main"), "2 running");
            await Visit.CountAsync(visit.Page.Locator(".tile").GetByRole(AriaRole.Img), 4);
            await Assertions.Expect(visit.Page.Locator("#queued .value")).ToHaveTextAsync("0");
            await Assertions.Expect(visit.Page.Locator("#latency .value")).ToContainTextAsync("s"); // ms or s
            await Visit.ShowsAsync(visit.Page.Locator("#outcomes"), "Succeeded");
            var counts = await visit.Page.Locator("#outcomes tbody td:last-child").AllTextContentsAsync();
            Assert.All(counts, count => Assert.Matches("^[0-9]+$", count));
        });
    }

    [Fact]
    public async Task AFailureIsShownWithItsReasonAndMayBeTriedAgain()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(640, 480)[..2000]);
        await topology.FinalAsync(id);
        await VisitAsync(async visit =>
        {
            var row = visit.Page.GetByRole(AriaRole.Row).Filter(new() { Has = visit.Page.Locator($"[href$='{id}']") });
            await Visit.ShowsAsync(row, "image_corrupt");
            await row.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();

            await Visit.ShowsAsync(row, "Failed again");
        });
    }

    [Fact]
    public Task ATabThatNobodySeesAsksNothing() => VisitAsync(async visit =>
    {
        await visit.Page.Clock.InstallAsync();
        await visit.Page.AddInitScriptAsync("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })");
        await visit.Page.ReloadAsync();
        await Visit.ShowsAsync(visit.Page.Locator("main"), "2 running");
        await Assertions.Expect(visit.Page.Locator("#failures-title")).ToBeVisibleAsync();

        await visit.Page.EvaluateAsync("window.isHidden = true");
        await visit.Page.Clock.RunForAsync(5000);
        var before = visit.Count("GET", "/stats");
        await visit.Page.Clock.RunForAsync(60_000);
        Assert.Equal(before, visit.Count("GET", "/stats"));

        await visit.Page.RunAndWaitForRequestAsync(() => visit.Page.EvaluateAsync(
            "window.isHidden = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"), "**/stats");
    });

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/operator", visit);
}
