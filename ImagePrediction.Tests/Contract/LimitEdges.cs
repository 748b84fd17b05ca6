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
        var answer = await RawPost.SendAsync(topology, "Content-Type: image/jpeg\r\nContent-Length: 100000000\r\n", []);
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
        var answer = await RawPost.SendAsync(topology, $"Content-Type: image/jpeg\r\nContent-Length: {photo.Length}\r\n", photo[..^1]);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/too-slow", answer, StringComparison.Ordinal);
        Assert.Equal(before, await topology.CountAsync("true"));
        Assert.Equal(0, topology.UploadsUnderWay());
    }

    /// <summary>A valid JPEG of so many bytes: what follows the picture does not count.</summary>
    private static byte[] Padded(byte[] photo, int length) => [.. photo, .. new byte[length - photo.Length]];

    private static async Task<HttpStatusCode> PostAsync(Topology topology, byte[] image, bool raw)
    {
        using var response = raw
            ? await topology.Api.PostAsync("/image_prediction", new ByteArrayContent(image), Cancellation)
            : await topology.PostAsync(image);
        return response.StatusCode;
    }
}

/// <summary>An application with small limits.</summary>
public sealed class LimitedTopology : IAsyncDisposable
{
    public const int MaxBytes = 20_000, MaxPixels = 10_000;

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync(
        ("api", "Uploads__MaxBytes", $"{MaxBytes}"), ("api", "Uploads__MaxPixels", $"{MaxPixels}"),
        ("api", "Uploads__MaxDuration", "00:00:02")));

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }
}
