using System.Net;
using ImagePrediction.Api.Errors;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Outbound;

/// <summary>
/// Validates a URL given by a client, as far as possible without resolving its host; the address is checked
/// again by <see cref="OutboundHttp"/> when it connects.
/// </summary>
internal sealed class OutboundUrls(IOptions<OutboundOptions> options, AddressRule rule)
{
    private const int MaxLength = 2048;

    /// <summary>The URL in normalized form.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="what">What messages call it: <c>webhook URL</c>.</param>
    /// <param name="refused">The problem type for a URL that may not be called.</param>
    /// <exception cref="ProblemException">It is not a URL, or may not be called.</exception>
    public Uri Accept(string text, string what, ProblemType refused)
    {
        if (text.Length > MaxLength)
            throw Malformed($"The {what} is longer than {MaxLength} characters.");
        // On Unix, a path parses as the absolute URL of a file.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.IsFile && !text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            throw Malformed($"The {what} is not an absolute URL such as https://example.com/name.");
        return Reason(url) is { } reason ? throw new ProblemException(refused, reason) : url;
    }

    /// <summary>Why a URL may not be called; null if it may.</summary>
    public string? Reason(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttps && !(options.Value.AllowHttp && url.Scheme == Uri.UriSchemeHttp))
            return $"It must begin with {(options.Value.AllowHttp ? "https:// or http://" : "https://")}.";
        if (url.UserInfo.Length > 0)
            return "It must not contain a user name or password.";
        return IPAddress.TryParse(url.IdnHost, out var address) && !rule.Allows(address)
            ? NotPublic(address.ToString()) : null;
    }

    /// <summary>What to tell who gave a host, by name or address, that may not be called.</summary>
    public static string NotPublic(string host) => $"{host} is not on the public internet. An operator can allow it with Outbound:AllowedNetworks.";

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
