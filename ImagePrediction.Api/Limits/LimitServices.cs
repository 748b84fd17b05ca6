using System.Net;
using ImagePrediction.Api.Access;
using Microsoft.AspNetCore.HttpOverrides;

namespace ImagePrediction.Api.Limits;

/// <summary>Registers the limits that hold for every request: how often, and by whom it counts.</summary>
internal static class LimitServices
{
    public static void AddLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimit").ValidateDataAnnotations().ValidateOnStart()
            .PostConfigure<IHostEnvironment>((limit, environment) => limit.PerSecond ??= environment.IsDevelopment() ? 0 : RateLimitOptions.DefaultPerSecond);
        builder.Services.AddOptions<QueueOptions>().BindConfiguration("Queue").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.ConfigureOptions<RequestRate>();
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded => Trust(forwarded, builder.Configuration));
    }

    // Only who is named here may say for whom it sends: anybody else could pass for many, and have a bucket for each.
    private static void Trust(ForwardedHeadersOptions forwarded, IConfiguration configuration)
    {
        // With empty lists the middleware believes everybody.
        if (configuration.GetSection("Proxies:Networks").Get<string[]>() is not { Length: > 0 } networks)
            return;
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks)
            forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        forwarded.ForwardLimit = configuration.GetValue("Proxies:Hops", 1);
    }

    /// <summary>Who a request is counted for: the key, or without one the address. Of IPv6 the /64 network, which one client has whole.</summary>
    public static string ClientOf(HttpContext context)
    {
        if (context.User.Owner() is { Length: > 0 } owner)
            return "key " + owner;
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
