using System.Net;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>Each limit at its edge: the last that is let in and the first that is not.</summary>
public sealed class LimitEdges(LimitedTopology limited) : IClassFixture<LimitedTopology>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnImageOfTheLargestSizeIsAcceptedAndOneByteMoreIsNot()
    {
        var topology = await limited.GetAsync();
        var photo = Photos.Jpeg(64, 48);
        foreach (var raw in new[] { false, true })
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(topology, Padded(photo, LimitedTopology.MaxBytes), raw));
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(topology, Padded(photo, LimitedTopology.MaxBytes + 1), raw));
        }
    }

    [Fact]
    public async Task ABodyThatSaysItIsTooLargeIsRefusedBeforeItIsSent()
    {
        var topology = await limited.GetAsync();
        var answer = await RawPost.SendAsync(topology, $"Authorization: Bearer {LimitedTopology.Tester}\r\nContent-Type: image/jpeg\r\nContent-Length: 100000000\r\n", []);
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APictureOfTheMostPixelsIsAcceptedAndOneRowMoreIsNot()
    {
        var topology = await limited.GetAsync();
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(topology, Photos.Png(100, LimitedTopology.MaxPixels / 100), raw: false));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PostAsync(topology, Photos.Png(100, LimitedTopology.MaxPixels / 100 + 1), raw: false));
    }

    [Fact]
    public async Task AnUploadThatTricklesOrTakesTooLongIsEndedAndLeavesNothing()
    {
        var topology = await limited.GetAsync();
        var before = await topology.CountAsync("true");
        var photo = Photos.Jpeg(64, 48);
        // Fast enough, but longer than may be; its last bytes never come.
        var answer = await RawPost.SendAsync(topology, $"Authorization: Bearer {LimitedTopology.Tester}\r\nContent-Type: image/jpeg\r\nContent-Length: {photo.Length}\r\n", photo[..^1]);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/too-slow", answer, StringComparison.Ordinal);
        Assert.Equal(before, await topology.CountAsync("true"));
        Assert.Equal(0, topology.UploadsUnderWay());
    }

    [Fact]
    public async Task AStreamEndsAfterItsTimeAndTheClientMayComeBack()
    {
        var topology = await limited.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        // One request: asking again and again would use up what this key may ask.
        using (var waits = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}") { Headers = { { "Prefer", "wait=30" } } })
        using (var final = await topology.Api.SendAsync(waits, Cancellation))
            Assert.Equal("succeeded", (await Topology.ReadAsync(final)).GetProperty("status").GetString());
        // As if a worker had been at it for long and will be for long.
        await topology.ScalarAsync<Guid>("UPDATE predictions SET status = 'processing', lease_until = now() + interval '100 s' WHERE id = $1 RETURNING id", id);
        for (var visit = 0; visit < 2; visit++)
            Assert.Contains("\"status\":\"processing\"", await topology.Api.GetStringAsync($"/image_prediction/{id}/events", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAKeyOneMayPostAndReadByIdButNotList()
    {
        var topology = await limited.GetAsync();
        using var anonymous = new HttpClient { BaseAddress = topology.Api.BaseAddress };
        // Another test uses up what those without a key may ask; it comes back.
        using var posted = await Eventually.GetAsync(
            () => anonymous.PostAsync("/image_prediction", new ByteArrayContent(Photos.Jpeg(64, 48)), Cancellation),
            response => response.StatusCode != HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        using var read = await Eventually.GetAsync(() => anonymous.GetAsync(posted.Headers.Location, Cancellation),
            response => response.StatusCode != HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var list = await Eventually.GetAsync(() => anonymous.GetAsync("/image_predictions", Cancellation),
            response => response.StatusCode != HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.Forbidden, list.StatusCode);
    }

    [Fact]
    public async Task AClientWithoutAKeyIsCountedByItsAddressWhateverAddressItClaims()
    {
        var topology = await limited.GetAsync();
        using var anonymous = new HttpClient { BaseAddress = topology.Api.BaseAddress };
        var answers = await Task.WhenAll(Enumerable.Range(0, 2 * LimitedTopology.Burst).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{Guid.NewGuid()}");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{i}");
            using var response = await anonymous.SendAsync(request, Cancellation);
            return response.StatusCode;
        }));
        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
    }

    /// <summary>A valid JPEG of so many bytes: what follows the picture does not count.</summary>
    private static byte[] Padded(byte[] photo, int length) => [.. photo, .. new byte[length - photo.Length]];

    private static async Task<HttpStatusCode> PostAsync(Topology topology, byte[] image, bool raw)
    {
        using var response = raw
            ? await topology.Api.PostAsync("/image_prediction", new ByteArrayContent(image), Cancellation)
            : await topology.PostAsync(image);
        if (response.StatusCode >= HttpStatusCode.InternalServerError)
            Assert.Fail(await response.Content.ReadAsStringAsync(Cancellation)); // it says why
        return response.StatusCode;
    }
}

/// <summary>An application with small limits.</summary>
public sealed class LimitedTopology : IAsyncDisposable
{
    public const int MaxBytes = 20_000, MaxPixels = 10_000;

    public const string Tester = "ip_tester";
    public const int Burst = 40;

    private readonly Lazy<Task<Topology>> _topology = new(StartAsync);

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }

    private static async Task<Topology> StartAsync()
    {
        var topology = await Topology.StartAsync([
            .. TestKeys.Let("tester", Tester), ("api", "Auth__AllowAnonymous", "true"),
            ("api", "Uploads__MaxBytes", $"{MaxBytes}"), ("api", "Uploads__MaxPixels", $"{MaxPixels}"),
            ("api", "Uploads__MaxDuration", "00:00:02"), ("api", "Events__MaxDuration", "00:00:02"),
            ("api", "RateLimit__PerSecond", "2"), ("api", "RateLimit__Burst", $"{Burst}")]);
        topology.Api.DefaultRequestHeaders.Authorization = TestKeys.Header(Tester);
        return topology;
    }
}
