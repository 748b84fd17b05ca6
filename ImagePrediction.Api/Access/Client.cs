using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.HttpOverrides;

namespace ImagePrediction.Api.Access;

/// <summary>Identifies the client of a request: by its key, or without one by its address.</summary>
internal static class Client
{
    /// <summary>
    /// Trusts only the proxies in <c>Proxies:Networks</c> to state whom they forward for: otherwise one client could forge many
    /// addresses and get a bucket for each.
    /// </summary>
    public static void TrustProxies(ForwardedHeadersOptions forwarded, IConfiguration configuration)
    {
        // With empty lists the middleware would trust every sender.
        if (configuration.GetSection("Proxies:Networks").Get<string[]>() is not { Length: > 0 } networks)
            return;
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks)
            forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        forwarded.ForwardLimit = configuration.GetValue("Proxies:Hops", 1);
    }

    /// <summary>The client whose limits a request counts against.</summary>
    public static string Of(HttpContext context) => context.User.Owner() is { Length: > 0 } owner ? "key " + owner : AddressOf(context);

    /// <summary>The scope of a client's idempotency keys: its API key, or without one its address.</summary>
    public static string KeyScopeOf(HttpContext context) => context.User.Owner() is { Length: > 0 } owner ? owner : "@" + AddressOf(context);

    /// <summary>Limits how many requests of a kind may be open at once: in total, and per client.</summary>
    /// <param name="all">Maximum in total.</param>
    /// <param name="ofOne">Maximum per key, or without one per address.</param>
    public static PartitionedRateLimiter<HttpContext> Places(int all, int ofOne) => PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetConcurrencyLimiter(Of(context), _ => Limit(ofOne))),
        PartitionedRateLimiter.Create<HttpContext, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => Limit(all))));

    private static ConcurrencyLimiterOptions Limit(int permits) => new() { PermitLimit = permits, QueueLimit = 0 };

    // For IPv6, the /64 network: one client usually has all of it.
    private static string AddressOf(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 16)
            bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }
}
