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
    [InlineData("""{"status":"queued","queue":{"position":4,"workers":2,"estimated_wait_ms":11800}}""", "Waiting: 3 ahead of you, about 12 s")]
    [InlineData("""{"status":"queued","queue":{"position":4,"workers":0}}""", "Saved. No worker is running right now; it will be answered when one is.")]
    [InlineData("""{"status":"processing"}""", "Looking…")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.971,"detections":[{"label":"dog"}]}""", "Yes, a dog: 97 % sure")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.9,"detections":[{"label":"dog","confidence":0.9,"box":{"x":0,"y":0,"width":40,"height":40}},{"label":"dog","confidence":0.8,"box":{"x":50,"y":0,"width":40,"height":40}},{"label":"cat","confidence":0.8,"box":{"x":50,"y":50,"width":40,"height":40}}]}""", "Yes, 2 dogs and a cat: 90 % sure")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.9,"detections":[{"label":"dog","confidence":0.9,"box":{"x":0,"y":0,"width":40,"height":40}},{"label":"dog","confidence":0.8,"box":{"x":10,"y":5,"width":20,"height":40}}]}""", "Yes, a dog: 90 % sure")]
    [InlineData("""{"status":"succeeded","contains_dog":true,"confidence":0.9,"detections":[{"label":"dog","confidence":0.9,"box":{"x":0,"y":0,"width":40,"height":40}},{"label":"dog","confidence":0.8,"box":{"x":15,"y":0,"width":40,"height":40}}]}""", "Yes, a dog: 90 % sure")]
    [InlineData("""{"status":"succeeded","contains_dog":false,"confidence":0.4999,"detections":[],"model":{"threshold":0.5}}""", "No dog: not sure: 49 %, needs at least 50 %")]
    [InlineData("""{"status":"succeeded","contains_dog":false,"confidence":0.02,"detections":[],"model":{"threshold":0.455}}""", "No dog: 2 % for a dog, needs at least 45.5 %")]
    [InlineData("""{"status":"succeeded","contains_dog":false,"confidence":0.02,"detections":[{"label":"cat","confidence":0.9,"box":{"x":0,"y":0,"width":40,"height":40}}],"model":{"threshold":0.5}}""", "A cat, no dog: 2 % for a dog, needs at least 50 %")]
    [InlineData("""{"status":"failed","error":{"code":"image_corrupt","detail":"Cut off."}}""", "Cut off.")]
    [InlineData("""{"status":"canceled"}""", "Canceled")]
    public Task APredictionIsPutIntoWords(string prediction, string words) => VisitAsync(async visit => Assert.Equal(words,
        (await visit.Page.EvaluateAsync<string>("async json => (await import('/js/words.js')).wordsFor(JSON.parse(json))", prediction)).Replace('\u00a0', ' ')));

    [Fact]
    public Task NoLabelOfABoxStandsOnAnother() => VisitAsync(async visit => Assert.Equal(["10 labels", "30 boxes"], await visit.Page.EvaluateAsync<string[]>("""
        async () => {
            const { drawBoxes } = await import("/js/boxes.js");
            const photo = document.createElement("div");
            photo.style.cssText = "position: fixed; top: 0; left: 0; width: 300px; height: 200px; transform: none";
            document.body.append(photo);
            drawBoxes(photo, Array.from({ length: 30 }, (_, i) => ({ label: i < 10 ? "dog" : "a label wider than the whole of the photo that it stands on", confidence: 0.9, box: { x: 100 + i, y: 80 + i, width: 30, height: 20 } })), { width: 300, height: 200 });
            await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
            const shown = [...photo.querySelectorAll(".label")].filter(label => getComputedStyle(label).visibility === "visible").map(label => label.getBoundingClientRect());
            const touching = shown.filter((a, i) => shown.some((b, j) => j > i && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
            const outside = shown.filter(a => a.left < -1 || a.top < -1 || a.right > 301 || a.bottom > 201);
            return [`${shown.length - touching.length - outside.length} labels`, `${photo.querySelectorAll(".box").length} boxes`];
        }
        """)));

    [Fact]
    public Task InTheTableANameIsNeverAFormula() => VisitAsync(async visit => Assert.Equal(
        """
        name,verdict,confidence,dogs,boxes,id,reference,detail
        "'=HYPERLINK(""x"").jpg",dog,0.9,1,dog 0.9 1 2 3 4,7,"'+1","Yes, a dog: 90 % sure"
        broken.jpg,refused,,,,,,"Cut off, sorry"

        """.ReplaceLineEndings("\r\n"), await visit.Page.EvaluateAsync<string>("""
        async () => (await import("/js/csv.js")).table([
            { name: '=HYPERLINK("x").jpg', stage: "yes", id: 7, words: { verdict: "Yes, a dog", detail: "90 % sure" },
              prediction: { confidence: 0.9, reference: "+1", detections: [{ label: "dog", confidence: 0.9, box: { x: 1, y: 2, width: 3, height: 4 } }] } },
            { name: "broken.jpg", stage: "refused", id: null, words: { verdict: "Cut off, sorry" }, prediction: null },
        ])
        """)));

    [Fact]
    public Task TheModulesOfTheFirstViewAreAskedForAtOnce() => VisitAsync(async visit =>
    {
        await Visit.VisibleAsync(visit.Page.Locator("#samples"));
        var asked = await visit.Page.EvaluateAsync<string[]>("performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname).filter(path => path.endsWith('.js'))");
        var preloaded = await visit.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('[rel=modulepreload]')].map(link => new URL(link.href).pathname)");

        Assert.Empty(preloaded.Except(asked, StringComparer.Ordinal));
        Assert.Empty(asked.Except([.. preloaded, "/js/samples.js", "/js/lightbox.js", "/js/snippets.js"], StringComparer.Ordinal));
    });

    [Theory]
    [InlineData("/", true)]
    [InlineData("/js/home.js", true)]
    [InlineData("/styles.css", true)]
    [InlineData("/session", false)]
    public async Task WhatEverybodyGetsAlikeIsCompressed(string path, bool isCompressed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept-Encoding", "br" } } };
        using var response = await (await shared.GetAsync()).Api.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(isCompressed ? ["br"] : [], response.Content.Headers.ContentEncoding);
    }

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
