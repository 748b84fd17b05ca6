using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>A connection that breaks, a server that is busy: the page says so and goes on by itself.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Faults(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public Task WithoutAConnectionThePageSaysSoAndSendsThePhotoLater() => VisitAsync(async visit =>
    {
        await Visit.VisibleAsync(visit.Page.Locator("#samples")); // all scripts are there
        await visit.Context.SetOfflineAsync(true);
        await Visit.ShowsAsync(visit.Page.Locator("#connection"), "Lost the connection, trying again");
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "later.jpg");
        await Visit.VisibleAsync(visit.Card("later.jpg").GetByText("Lost the connection, trying again"));

        await visit.Context.SetOfflineAsync(false);
        await Visit.AnsweredAsync(visit.Card("later.jpg"));
        await Assertions.Expect(visit.Page.Locator("#connection")).ToBeEmptyAsync();
    });

    [Fact]
    public Task AScriptThatDidNotComeIsAskedForAgain() => VisitAsync(async visit =>
    {
        var asked = 0;
        await visit.Page.RouteAsync("**/js/{gallery,upload,boxes}.js", route => Interlocked.Increment(ref asked) > 6 ? route.ContinueAsync() : route.AbortAsync());
        await visit.Page.ReloadAsync();
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "stubborn.jpg");

        await Visit.AnsweredAsync(visit.Card("stubborn.jpg"));
    });

    [Fact]
    public Task APhotoChosenBeforeTheServerWasReachedIsShownAndSentLater() => VisitAsync(async visit =>
    {
        await visit.Page.RouteAsync("**/session", route => route.AbortAsync());
        await visit.Page.ReloadAsync();
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "early.jpg");
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "called-off.jpg");
        await Visit.ShowsAsync(visit.Card("early.jpg"), "Waiting to upload");
        await visit.Card("called-off.jpg").GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await visit.Page.UnrouteAsync("**/session");
        await Visit.AnsweredAsync(visit.Card("early.jpg"));
        await Visit.ShowsAsync(visit.Card("called-off.jpg"), "Canceled");
    });

    [Fact]
    public Task AnUploadWhoseAnswerIsLostIsAcceptedOnce() => VisitAsync(async visit =>
    {
        List<string?> keys = [];
        List<Guid> ids = [];
        await visit.Page.RouteAsync("**/image_prediction", async route =>
        {
            keys.Add(await route.Request.HeaderValueAsync("Idempotency-Key"));
            var response = await route.FetchAsync();
            ids.Add((await response.JsonAsync())!.Value.GetProperty("id").GetGuid());
            if (keys.Count == 1)
                await route.AbortAsync("connectionreset");
            else
                await route.FulfillAsync(new() { Response = response });
        });
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "once.jpg");

        await Visit.AnsweredAsync(visit.Card("once.jpg"));
        Assert.Equal(2, keys.Count);
        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(ids[0], ids[1]);
    });

    [Fact]
    public Task ABusyServerIsTriedAgainWhenItSays() => VisitAsync(async visit =>
    {
        var posts = 0;
        await visit.Page.RouteAsync("**/image_prediction", route => ++posts > 1 ? route.ContinueAsync() : route.FulfillAsync(new()
        {
            Status = 429,
            ContentType = "application/problem+json",
            Headers = [new("Retry-After", "5")],
            Body = """{"type":"/problems/queue-full","title":"The queue is full","status":429,"detail":"Too many wait."}""",
        }));
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "patient.jpg");

        await Visit.ShowsAsync(visit.Card("patient.jpg"), "Busy, trying again in ");
        await Visit.AnsweredAsync(visit.Card("patient.jpg"));
    });

    [Fact]
    public Task WithoutEventStreamsThePageLooksByItself() => VisitAsync(async visit =>
    {
        await visit.Page.RouteAsync("**/events", route => route.FulfillAsync(new()
        {
            Status = 429,
            ContentType = "application/problem+json",
            Headers = [new("Retry-After", "1")],
            Body = """{"type":"/problems/too-many-streams","title":"Too many streams","status":429,"detail":"Poll."}""",
        }));
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "polled.jpg");

        await Visit.AnsweredAsync(visit.Card("polled.jpg"));
    });

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit);
}
