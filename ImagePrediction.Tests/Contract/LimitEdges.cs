using System.Net;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
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
        var answer = await RawAsync(topology, "Content-Type: image/jpeg\r\nContent-Length: 100000000\r\n", [], TimeSpan.Zero);
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
        var answer = await RawAsync(topology, $"Content-Type: image/jpeg\r\nContent-Length: {photo.Length}\r\n", photo[..^1], TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/too-slow", answer, StringComparison.Ordinal);
        Assert.Equal(before, await topology.CountAsync("true"));
        Assert.Equal(0, topology.UploadsUnderWay());
    }

    [Fact]
    public async Task AFullQueueRefusesByTheHeadersAndTakesAgainOnceThereIsRoom()
    {
        await using var topology = await Topology.StartAsync(("api", "Queue__MaxWaiting", "5"));
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var ids = await topology.AcceptManyAsync(5);

        // No body is sent: the answer comes all the same.
        var answer = await RawAsync(topology, "Content-Type: image/jpeg\r\nContent-Length: 1000\r\n", [], TimeSpan.Zero);
        Assert.StartsWith("HTTP/1.1 429", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/queue-full", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", answer, StringComparison.Ordinal);

        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        await topology.AllSucceedAsync(ids);
        using var room = await Eventually.GetAsync(() => topology.PostAsync(Photos.Jpeg(64, 48)), response => response.StatusCode == HttpStatusCode.Accepted);
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

    /// <summary>Sends a POST by hand and returns what is answered before anything more is sent.</summary>
    private static async Task<string> RawAsync(Topology topology, string headers, byte[] body, TimeSpan limit)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(topology.Api.BaseAddress!.Host, topology.Api.BaseAddress.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /image_prediction HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"), Cancellation);
        await stream.WriteAsync(body, Cancellation);
        var buffer = new byte[4096];
        var text = new StringBuilder();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(limit + TimeSpan.FromSeconds(20));
        while (!text.ToString().Contains("\"traceId\"", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, timeout.Token);
            if (count == 0)
                break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        return text.ToString();
    }
}

/// <summary>An application with small limits.</summary>
public sealed class LimitedTopology : IAsyncDisposable
{
    public const int MaxBytes = 20_000, MaxPixels = 10_000;

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync(
        ("api", "Uploads__MaxBytes", $"{MaxBytes}"), ("api", "Uploads__MaxPixels", $"{MaxPixels}"),
        ("api", "Uploads__MaxDuration", "00:00:02"), ("worker", "Model__MaxPixels", $"{MaxPixels}")));

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }
}
