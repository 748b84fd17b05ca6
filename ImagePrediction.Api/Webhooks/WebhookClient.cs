using System.Globalization;
using System.Net.Http.Headers;
using ImagePrediction.Api.Outbound;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>Posts to hosts named by clients. Redirects are not followed, and only the status of the response is read.</summary>
internal sealed class WebhookClient : IDisposable
{
    /// <summary>Maximum duration of an attempt, from the DNS lookup to the response headers.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly byte[][] _keys;

    public WebhookClient(IOptions<WebhookOptions> options, OutboundHttp http, TimeProvider time)
    {
        _time = time;
        _keys = [.. options.Value.Secrets.Select(secret => Signature.TryReadSecret(secret)!)];
        _http = http.CreateInvoker(Timeout);
    }

    /// <summary>Makes one attempt and returns its outcome, whatever the receiver does.</summary>
    /// <param name="claimed">The delivery; its id and the time of the claim are sent and signed.</param>
    /// <param name="body">The JSON.</param>
    /// <param name="stopping">Ends the attempt as interrupted.</param>
    public async Task<DeliveryAttempt> PostAsync(ClaimedDelivery claimed, byte[] body, CancellationToken stopping)
    {
        var began = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(Timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        int? status = null;
        string? error = null;
        try
        {
            using var request = Request(claimed, body);
            using var response = await _http.SendAsync(request, limit.Token);
            status = (int)response.StatusCode;
        }
        catch (Exception exception)
        {
            error = stopping.IsCancellationRequested ? OutboundErrors.Interrupted : OutboundErrors.Of(exception);
        }
        return new(claimed.At, status, Math.Round(_time.GetElapsedTime(began).TotalMilliseconds, 3), error);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(ClaimedDelivery claimed, byte[] body)
    {
        var id = claimed.Id.ToString();
        var seconds = new DateTimeOffset(claimed.At).ToUnixTimeSeconds();
        var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var request = new HttpRequestMessage(HttpMethod.Post, claimed.Url) { Content = content };
        request.Headers.UserAgent.Add(new("ImagePrediction", null));
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", Signature.Of(_keys, id, seconds, body));
        return request;
    }
}
