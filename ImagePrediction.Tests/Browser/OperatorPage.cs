using System.Text.Json.Nodes;
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
            await Visit.ShowsAsync(visit.Page.Locator("#latency .detail"), "p95");
            foreach (var title in new[] { "#latency .detail", "#outcomes-title", "#latencies-title", "#workers thead" })
                await Visit.ShowsAsync(visit.Page.Locator(title), "last 5 min");
            await Assertions.Expect(visit.Page.Locator(".tile .scale.times")).ToHaveTextAsync(Enumerable.Repeat("10 min agonow", 4));
            await Visit.ShowsAsync(visit.Page.Locator("#rate .scale.values"), "/s0");
            await Visit.ShowsAsync(visit.Page.Locator("#outcomes"), "Succeeded");
            await Visit.AccessibleAsync(visit.Page);
            var counts = await visit.Page.Locator("#outcomes tbody td:last-child").AllTextContentsAsync();
            Assert.All(counts, count => Assert.Matches("^[0-9]+$", count));
        });
    }

    [Fact]
    public async Task AFailureIsShownWithItsReasonAndMayBeTriedAgainWhereThatCanHelp()
    {
        var topology = await shared.GetAsync();
        var (missing, corrupt) = ((await topology.AcceptWithoutImagesAsync(1))[0].Id, await topology.AcceptAsync(Photos.Jpeg(640, 480)[..2000]));
        await topology.FinalAsync(missing);
        await topology.FinalAsync(corrupt);
        await VisitAsync(async visit =>
        {
            var row = Row(visit, missing);
            await Visit.ShowsAsync(row, "image_missing");
            await row.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
            await Visit.ShowsAsync(row, "Failed again");

            await Visit.ShowsAsync(Row(visit, corrupt), "image_corrupt");
            await Assertions.Expect(Row(visit, corrupt).GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task AllFailuresOfOneCodeAreTriedAgainAtOnceUnlessTheImageIsAtFault()
    {
        var topology = await shared.GetAsync();
        var corrupt = await topology.AcceptAsync(Photos.Jpeg(640, 480)[..2000]);
        var photos = await topology.AcceptWithoutImagesAsync(2);
        foreach (var id in photos.Select(photo => photo.Id).Append(corrupt))
            await topology.FinalAsync(id);
        await VisitAsync(async visit =>
        {
            var reasons = visit.Page.Locator("#reasons tbody tr");
            await Visit.ShowsAsync(reasons.Filter(new() { HasText = "image_corrupt" }), "the image itself is at fault");
            var row = reasons.Filter(new() { HasText = "image_missing" });
            foreach (var (id, image) in photos)
                await File.WriteAllBytesAsync(topology.PlaceOf(id), image, TestContext.Current.CancellationToken);

            await row.GetByRole(AriaRole.Button).ClickAsync();

            await Visit.ShowsAsync(row, "queued again");
            foreach (var (id, _) in photos)
                Assert.Equal("succeeded", (await topology.FinalAsync(id)).GetProperty("status").GetString());
        });
    }

    [Fact]
    public async Task WorkIsPausedAndResumedByAButton()
    {
        var topology = await shared.GetAsync();
        await VisitAsync(async visit =>
        {
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
            await Visit.ShowsAsync(visit.Page.Locator("#taking"), "Paused since");
            var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
            await Visit.ShowsAsync(visit.Page.Locator("#queued .value"), "1");
            await Visit.AccessibleAsync(visit.Page);

            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();

            await Visit.ShowsAsync(visit.Page.Locator("#taking"), "Workers take work");
            await topology.FinalAsync(id);
        });
    }

    [Fact]
    public async Task APredictionIsFoundByItsId()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        await VisitAsync(async visit =>
        {
            var search = visit.Page.GetByRole(AriaRole.Search);
            await search.GetByLabel("Id").FillAsync($"http://elsewhere/image_prediction/{id}");
            await search.GetByRole(AriaRole.Button).ClickAsync();
            await Visit.ShowsAsync(visit.Page.Locator("#found"), "succeeded");
            await Visit.ShowsAsync(visit.Page.Locator("#found"), "64 × 48");
            await Visit.AccessibleAsync(visit.Page);

            await search.GetByLabel("Id").FillAsync(Guid.Empty.ToString());
            await search.GetByRole(AriaRole.Button).ClickAsync();
            await Visit.ShowsAsync(visit.Page.Locator("#search-error"), Guid.Empty.ToString());
            await Assertions.Expect(visit.Page.Locator("#found")).ToBeHiddenAsync();
        });
    }

    [Fact]
    public Task WorkersThatRunStandApartFromThoseThatDoNotAndTheDashboardIsLinked() => VisitAsync(async visit =>
    {
        await visit.Page.RouteAsync("**/stats", async route =>
        {
            var answer = JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
            answer["dashboard"] = "http://localhost:15080";
            answer["worker_list"]!.AsArray().Add(new JsonObject
            {
                ["name"] = "worker-dead", ["process_id"] = 4711, ["state"] = "lost", ["started_at"] = "2026-11-01T12:00:00Z", ["seen_at"] = "2026-11-01T12:30:00Z",
                ["completed"] = 3, ["last_completed_at"] = null,
            });
            await route.FulfillAsync(new() { ContentType = "application/json", Body = answer.ToJsonString() });
        });
        await Visit.ShowsAsync(visit.Page.Locator("#workers-live"), "1 lost");
        await Visit.ShowsAsync(visit.Page.Locator("#lost"), "worker-dead");
        await Assertions.Expect(visit.Page.Locator("#workers")).Not.ToContainTextAsync("worker-dead");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Aspire dashboard" })).ToHaveAttributeAsync("href", "http://localhost:15080");
    });

    [Fact]
    public Task ATabThatNobodySeesAsksNothing() => VisitAsync(async visit =>
    {
        await visit.Page.Clock.InstallAsync();
        await visit.Page.AddInitScriptAsync("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })");
        await visit.Page.ReloadAsync();
        await Visit.ShowsAsync(visit.Page.Locator("main"), "2 running");
        await Assertions.Expect(visit.Page.Locator("#failures-title")).ToBeVisibleAsync();

        await visit.Page.EvaluateAsync("window.isHidden = true");
        await PassAsync();
        var before = visit.Count("GET", "/stats");
        for (var i = 0; i < 5; i++)
            await PassAsync();
        Assert.Equal(before, visit.Count("GET", "/stats"));

        await visit.Page.RunAndWaitForRequestAsync(() => visit.Page.EvaluateAsync(
            "window.isHidden = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"), "**/stats");

        // By the page's clock, and then long enough for an answer.
        async Task PassAsync()
        {
            await visit.Page.Clock.RunForAsync(5000);
            await visit.Page.EvaluateAsync("fetch('/session').then(answer => answer.text())");
        }
    });

    private static ILocator Row(Visit visit, Guid id) => visit.Page.GetByRole(AriaRole.Row).Filter(new() { Has = visit.Page.Locator($"[href$='{id}']") });

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/operator", visit);
}
