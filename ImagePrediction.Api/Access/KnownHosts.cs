using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ImagePrediction.Api.Access;

/// <summary>The names in <c>AllowedHosts</c>. Any other name in a Host header may be forged, and is not used in URLs.</summary>
internal sealed class KnownHosts(IOptions<HostFilteringOptions> options)
{
    private readonly StringSegment[] _names = [.. options.Value.AllowedHosts.Where(name => name != "*").Select(name => (StringSegment)name)];

    /// <summary>The origin of this server's URLs, such as <c>https://dogs.example.com</c>; empty if the request used another name.</summary>
    public static string OriginOf(HttpContext context) =>
        HostString.MatchesAny(context.Request.Host.Host, context.RequestServices.GetRequiredService<KnownHosts>()._names)
            ? $"{context.Request.Scheme}://{context.Request.Host.ToUriComponent()}" : "";
}
