using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>
/// Posts to hosts that a client has named, and so trusts neither them nor their names: the socket is connected to the
/// very address that was checked, nothing is followed, and of the answer only the status is read. It is made by hand,
/// because a client from the factory would add retries and service discovery.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    /// <summary>How long an attempt may take, from the look-up of the name to the answer's headers.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3); // for each of a host's addresses

    private readonly HttpMessageInvoker _http;
    private readonly AddressRule _rule;
    private readonly TimeProvider _time;
    private readonly byte[][] _keys;

    public WebhookClient(IOptions<WebhookOptions> options, AddressRule rule, TimeProvider time)
    {
        (_rule, _time) = (rule, time);
        _keys = [.. options.Value.Secrets.Select(secret => Signature.TryReadSecret(secret)!)];
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null, // receivers must not learn our trace ids
            ConnectTimeout = Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1), // a name is looked up again after that
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            MaxResponseHeadersLength = 16, // KiB
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
        });
    }

    /// <summary>Makes one attempt. Whatever the receiver does, this returns what came of it.</summary>
    /// <param name="claimed">Whose id and time of claim are sent and signed.</param>
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
            error = stopping.IsCancellationRequested ? WebhookErrors.Interrupted : WebhookErrors.Of(exception);
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

    /// <exception cref="RefusedAddressException">None of the host's addresses may be called.</exception>
    /// <exception cref="SocketException">The name is not known, or nobody answers.</exception>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var known = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = known.Where(_rule.Allows).ToList();
        if (allowed.Count == 0)
            throw new RefusedAddressException();
        for (var i = 0; ; i++)
        {
            var socket = new Socket(allowed[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                patience.CancelAfter(ConnectTimeout);
                await socket.ConnectAsync(new IPEndPoint(allowed[i], context.DnsEndPoint.Port), patience.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception) when (i + 1 < allowed.Count && !cancellationToken.IsCancellationRequested)
            {
                socket.Dispose(); // the host's next address may answer
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
