using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Support;
using NetVips;
using Found = ImagePrediction.Predictions.Detection;

namespace ImagePrediction.Tests.Pictures;

/// <summary><c>/image</c> and <c>/annotated</c>, over HTTP.</summary>
[Collection(SharedTopology.Collection)]
public sealed class PictureEndpoints(SharedTopology shared)
{
    [Theory]
    [InlineData(".jpg", "image/jpeg", "jpg")]
    [InlineData(".png", "image/png", "png")]
    [InlineData(".webp", "image/webp", "webp")]
    [InlineData(".gif", "image/gif", "gif")]
    [InlineData(".tif", "image/tiff", "tiff")]
    [InlineData(".avif", "image/avif", "avif")]
    public async Task TheOriginalComesBackByteForByteAndAsNothingButAPicture(string suffix, string type, string extension)
    {
        var topology = await shared.GetAsync();
        byte[] sent = [.. TestPictures.Encode(TestPictures.Ramp(64, 48), 64, 48, suffix), .. "<script>alert(1)</script>"u8];
        var id = await topology.AcceptAsync(sent);

        using var response = await GetAsync($"/image_prediction/{id}/image");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(type, response.Content.Headers.ContentType!.ToString());
        AssertHarmless(response, $"{id}.{extension}");
        Assert.True(response.Headers.CacheControl is { Private: true, MaxAge.TotalMinutes: >= 1 and <= 1440 });
        Assert.False(response.Headers.ETag!.IsWeak);
    }

    [Fact]
    public async Task APartOfTheOriginalCanBeAskedFor()
    {
        var topology = await shared.GetAsync();
        var sent = Photos.Png(64, 48);
        var id = await topology.AcceptAsync(sent);

        using var part = await GetAsync($"/image_prediction/{id}/image", request => request.Range = new(10, 29));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(sent[10..30], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(sent.Length, part.Content.Headers.ContentRange!.Length);

        using var beyond = await GetAsync($"/image_prediction/{id}/image", request => request.Range = new(sent.Length, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("annotated")]
    public async Task WhoHasThePictureIsNotSentItAgain(string which)
    {
        var id = await SucceededAsync(Photos.Png(64, 48));
        using var first = await GetAsync($"/image_prediction/{id}/{which}");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        using var again = await GetAsync($"/image_prediction/{id}/{which}", request => request.IfNoneMatch.Add(first.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.Equal(first.Headers.CacheControl, again.Headers.CacheControl);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        using var other = await GetAsync($"/image_prediction/{id}/{which}", request => request.IfNoneMatch.Add(new("\"another\"")));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("annotated")]
    public async Task AnUnknownIdHasNoPicture(string which)
    {
        foreach (var id in new[] { Guid.CreateVersion7().ToString(), Guid.Empty.ToString(), "no-uuid", "..%2f..%2fsecret" })
            await AssertProblemAsync($"/image_prediction/{id}/{which}", HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task APictureThatIsGoneFromTheStoreIsNotFoundAndSaidToBeGone()
    {
        var topology = await shared.GetAsync();
        var id = await SucceededAsync(Photos.Png(64, 48));
        File.Delete(Directory.EnumerateFiles(topology.Images, id.ToString(), SearchOption.AllDirectories).Single());

        foreach (var which in new[] { "image", "annotated" })
            Assert.Contains("no longer", await AssertProblemAsync($"/image_prediction/{id}/{which}", HttpStatusCode.NotFound, "not-found"), StringComparison.Ordinal);

        // A picture that is known is not even looked for.
        var version = await topology.ScalarAsync<int>("SELECT version FROM predictions WHERE id = $1", id);
        using var known = await GetAsync($"/image_prediction/{id}/annotated", request => request.IfNoneMatch.Add(new($"\"{version}\"")));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Fact]
    public async Task WhileTheStoreIsAwayTheAnswerIsToTryAgain()
    {
        var topology = await shared.GetAsync();
        var id = await SucceededAsync(Photos.Png(64, 48));
        Directory.Move(topology.Images, topology.Images + ".away");
        try
        {
            foreach (var which in new[] { "image", "annotated" })
                await AssertProblemAsync($"/image_prediction/{id}/{which}", HttpStatusCode.ServiceUnavailable, "image-store-away");
        }
        finally
        {
            Directory.Move(topology.Images + ".away", topology.Images);
        }
        using var back = await GetAsync($"/image_prediction/{id}/annotated");
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Theory]
    [InlineData("processing")]
    [InlineData("failed")]
    [InlineData("canceled")]
    public async Task WithoutAnAnswerThereIsNothingToDrawButTheOriginalIsThere(string status)
    {
        var topology = await shared.GetAsync();
        var id = await SucceededAsync(Photos.Png(64, 48));
        await topology.ScalarAsync<Guid>("UPDATE predictions SET status = $2, lease_until = now() + interval '100 s' WHERE id = $1 RETURNING id", id, status);

        var detail = await AssertProblemAsync($"/image_prediction/{id}/annotated", HttpStatusCode.Conflict, "not-succeeded");
        Assert.Contains(status == "processing" ? "processed" : status, detail, StringComparison.Ordinal);
        using var original = await GetAsync($"/image_prediction/{id}/image");
        Assert.Equal(HttpStatusCode.OK, original.StatusCode);

        await topology.ScalarAsync<Guid>("UPDATE predictions SET status = 'canceled', lease_until = NULL WHERE id = $1 RETURNING id", id);
    }

    [Fact]
    public async Task TheRowsDetectionsAreDrawnIntoTheUprightPicture()
    {
        var topology = await shared.GetAsync();
        using var lying = TestPictures.ToImage(TestPictures.Ramp(400, 300), 400, 300).Mutate(image => image.Set(GValue.GIntType, "orientation", 6));
        var id = await SucceededAsync(lying.WriteToBuffer(".jpg[Q=95]"));
        Found[] found = [new("dog", 0.97, new(40, 180, 120, 90))];
        var version = await topology.ScalarAsync<int>("UPDATE predictions SET detections = $2::jsonb WHERE id = $1 RETURNING version",
            id, JsonSerializer.Serialize(found, DetectionJson.Default.IReadOnlyListDetection));

        using var response = await GetAsync($"/image_prediction/{id}/annotated");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/jpeg", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(new EntityTagHeaderValue($"\"{version}\""), response.Headers.ETag);
        Assert.True(response.Headers.CacheControl!.Private);
        AssertHarmless(response, $"{id}-annotated.jpg");
        var drawn = new Drawn(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal((300, 400), (drawn.Width, drawn.Height));
        AnnotatorTests.AssertFrame(drawn, 40, 180, 160, 270);
    }

    private static void AssertHarmless(HttpResponseMessage response, string name)
    {
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; sandbox", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal($"inline; filename=\"{name}\"", response.Content.Headers.ContentDisposition!.ToString());
    }

    private async Task<Guid> SucceededAsync(byte[] photo)
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(photo);
        Assert.Equal("succeeded", (await topology.FinalAsync(id)).GetProperty("status").GetString());
        return id;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestHeaders>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        change?.Invoke(request.Headers);
        return await (await shared.GetAsync()).Api.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<string> AssertProblemAsync(string path, HttpStatusCode status, string type)
    {
        using var response = await GetAsync(path);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status == HttpStatusCode.ServiceUnavailable, response.Headers.RetryAfter is not null);
        Assert.Null(response.Content.Headers.ContentDisposition);
        var problem = await Topology.ReadAsync(response);
        Assert.Equal($"/problems/{type}", problem.GetProperty("type").GetString());
        return problem.GetProperty("detail").GetString()!;
    }
}
