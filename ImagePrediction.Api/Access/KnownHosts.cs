using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ImagePrediction.Api.Access;

/// <summary>The names in <c>AllowedHosts</c>. Any other in a request's Host header may be made up, and goes into no URL.</summary>
internal sealed class KnownHosts(IOptions<HostFilteringOptions> options)
{
    private readonly StringSegment[] _names = [.. options.Value.AllowedHosts.Where(name => name != "*").Select(name => (StringSegment)name)];

    /// <summary>What the URLs of this server begin with, such as <c>https://dogs.example.com</c>; empty when it was asked by another name.</summary>
    public static string OriginOf(HttpContext context) =>
        HostString.MatchesAny(context.Request.Host.Host, context.RequestServices.GetRequiredService<KnownHosts>()._names)
            ? $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}" : "";
}
