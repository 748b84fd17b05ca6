using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Browser;

/// <summary>What single modules of the page make of their input, and what the server says of the pages.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Modules(SharedTopology shared, Chromium chromium)
{
    [Theory]
    [InlineData("""{"status":"queued","queue":null}""", "Waiting")]
    [InlineData("""{"status":"queued","queue":{"position":1,"workers":2}}""", "Waiting: you are next")]
    [InlineData("""{"status":"queued","queue":{"position":4,"workers":null}}""", "Waiting: 3 ahead of you")]
    [InlineData("""{"status":"queued","queue":{"position":4,"workers":0}}""", "Saved. No worker is running right now; it will be answered when one is.")]
    [InlineData("""{"status":"processing"}""", "Looking…")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.971,"detections":[{"label":"dog"}]}""", "Yes, there is a dog (score 0.97)")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.9,"detections":[{"label":"dog"},{"label":"dog"},{"label":"cat"}]}""", "Yes, 2 dogs (best score 0.90)")]
    [InlineData("""{"status":"succeeded","contains_dog":false,"confidence":0.4499,"detections":[],"model":{"threshold":0.45}}""", "No dog found (best score 0.44; the line is 0.45)")]
    [InlineData("""{"status":"failed","error":{"code":"image_corrupt","detail":"Cut off."}}""", "Cut off.")]
    [InlineData("""{"status":"canceled"}""", "Canceled")]
    public Task APredictionIsPutIntoWords(string prediction, string words) => VisitAsync(async visit => Assert.Equal(words,
        await visit.Page.EvaluateAsync<string>("async json => (await import('/js/words.js')).wordsFor(JSON.parse(json))", prediction)));

    [Theory]
    [InlineData("\\n")]
    [InlineData("\\r\\n")]
    public Task AnEventStreamReadsTheSameWhereverItIsCut(string newline) => VisitAsync(async visit =>
    {
        var events = await visit.Page.EvaluateAsync<string[]>("""
            async newline => {
                const { EventParser } = await import("/js/events.js");
                const text = [": beat", "", "event: prediction", "id: 7", 'data: {"name":"a: b"}', "", "data:one", "data: two", "", ""].join(JSON.parse(`"${newline}"`));
                return Array.from({ length: text.length }, (_, cut) => {
                    const parser = new EventParser();
                    return JSON.stringify([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]);
                });
            }
            """, newline);

        Assert.Equal("""[{"event":"prediction","id":"7","data":"{\"name\":\"a: b\"}"},{"event":"message","data":"one\ntwo"}]""",
            Assert.Single(events.Distinct(StringComparer.Ordinal)));
    });

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/operator", "text/html")]
    [InlineData("/js/home.js", "text/javascript")]
    [InlineData("/favicon.svg", "image/svg+xml")]
    public async Task ThePagesMaySpeakToThisServerOnly(string path, string type)
    {
        using var response = await (await shared.GetAsync()).Api.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
            Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.True(response.Headers.CacheControl!.NoCache);
    }

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit);
}
