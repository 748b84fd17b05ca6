using System.Net.Sockets;
using System.Text.Json;

namespace ImagePrediction.Bench;

/// <summary>A response, or why there is none.</summary>
/// <param name="Status">The HTTP status; 0 if the connection failed.</param>
/// <param name="Body">The parsed JSON of a 200 or 202; otherwise null.</param>
/// <param name="RetryAfter">The <c>Retry-After</c> of a 429 or 503; null without that header.</param>
/// <param name="Fault">What went wrong with the connection or the body, in one word.</param>
internal readonly record struct Reply(int Status, Snapshot? Body, TimeSpan? RetryAfter, string? Fault)
{
    /// <summary>The server properly refused the request for now.</summary>
    public bool IsRefusal => Status is 429 or 503 && RetryAfter is not null;

    /// <summary>A failure that may be gone after a restart or a short wait.</summary>
    public bool IsTransient => Status is 0 or 429 or >= 500;
}

/// <summary>
/// Makes one request at a time, with one buffer and one time limit for all of them. One per loop: not thread-safe.
/// <see cref="HttpMessageInvoker"/> rather than HttpClient, whose buffering and timers cost as much as the request.
/// </summary>
internal sealed class Caller(HttpMessageInvoker http, Uri url, CancellationToken stop) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(70);

    private readonly Uri _post = new(url, "/image_prediction");
    private byte[] _buffer = new byte[4096];
    private CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(stop);

    /// <summary>The handler that all callers of a run share.</summary>
    public static HttpMessageInvoker Connect(int connections) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = connections,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
    });

    public Task<Reply> PostAsync(PhotoContent content, bool preferWait)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _post) { Content = content };
        if (preferWait)
            request.Headers.TryAddWithoutValidation("Prefer", "wait=60");
        return SendAsync(request, content.Duration + Limit);
    }

    public Task<Reply> GetAsync(string id) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(url, "/image_prediction/" + id)), Limit);

    public void Dispose() => _limit.Dispose();

    /// <exception cref="OperationCanceledException">The run was stopped; not thrown if the request took too long.</exception>
    private async Task<Reply> SendAsync(HttpRequestMessage request, TimeSpan limit)
    {
        StartLimit(limit);
        try
        {
            using var response = await http.SendAsync(request, _limit.Token);
            var length = await ReadAsync(response.Content);
            var status = (int)response.StatusCode;
            if (status is not (200 or 202))
                return new Reply(status, null, RetryAfter(response), null);
            return new Reply(status, Snapshot.Parse(_buffer.AsSpan(0, length)), null, null);
        }
        catch (HttpRequestException e)
        {
            return new Reply(0, null, null, (e.GetBaseException() as SocketException)?.SocketErrorCode.ToString() ?? e.HttpRequestError.ToString());
        }
        catch (IOException)
        {
            return new Reply(0, null, null, "ResponseCutOff");
        }
        catch (JsonException)
        {
            return new Reply(0, null, null, "NotJson");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Reply(0, null, null, "TimedOut");
        }
    }

    private void StartLimit(TimeSpan limit)
    {
        if (!_limit.TryReset() && !stop.IsCancellationRequested)
        {
            _limit.Dispose();
            _limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        }

        _limit.CancelAfter(limit);
    }

    private async Task<int> ReadAsync(HttpContent content)
    {
        using var stream = await content.ReadAsStreamAsync(_limit.Token);
        var length = 0;
        while (await stream.ReadAsync(_buffer.AsMemory(length), _limit.Token) is > 0 and var read)
        {
            length += read;
            if (length == _buffer.Length)
                Array.Resize(ref _buffer, length < 1 << 22 ? length * 2 : throw new IOException("answer over 4 MB"));
        }

        return length;
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };
}
