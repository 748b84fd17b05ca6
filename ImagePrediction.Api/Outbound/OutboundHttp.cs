using System.Net;
using System.Net.Sockets;

namespace ImagePrediction.Api.Outbound;

/// <summary>
/// HTTP to hosts named by clients, which trusts neither the hosts nor their names: the socket connects to the very
/// address that was checked, and redirects are not followed. Not created by the HTTP client factory, which would add
/// retries and service discovery.
/// </summary>
internal sealed class OutboundHttp(AddressRule rule)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3); // for each of a host's addresses

    /// <summary>A client with its own connection pool.</summary>
    /// <param name="connectTimeout">For all of a host's addresses together.</param>
    public HttpMessageInvoker CreateInvoker(TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null, // our trace ids are not for third parties
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1), // then the name is resolved again
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        MaxConnectionsPerServer = 16,
        MaxResponseHeadersLength = 16, // KiB
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
    });

    /// <exception cref="RefusedAddressException">None of the host's addresses may be called.</exception>
    /// <exception cref="SocketException">The name does not resolve, or no address responds.</exception>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var known = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = known.Where(rule.Allows).ToList();
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
                socket.Dispose(); // the host's next address may respond
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
