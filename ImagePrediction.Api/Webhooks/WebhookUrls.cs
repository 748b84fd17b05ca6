using System.Net;
using ImagePrediction.Api.Errors;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>
/// Validates the URL of a webhook as far as is possible without resolving its host; the address is
/// checked again by <see cref="WebhookClient"/> when it connects.
/// </summary>
internal sealed class WebhookUrls(IOptions<WebhookOptions> options, AddressRule rule)
{
    private const string Header = "Webhook-Url";
    private const int MaxLength = 2048;

    /// <summary>The URL in the request's header <c>Webhook-Url</c>, in its normal form; null when there is none.</summary>
    /// <exception cref="ProblemException">It is given more than once, no URL, or not accepted.</exception>
    public string? FromHeader(HttpRequest request) => request.Headers[Header] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => Accept(one[0] ?? ""),
        _ => throw Malformed($"The header {Header} is there more than once."),
    };

    /// <summary>The URL in the form's field or, when the form has none, the one that the header gave.</summary>
    /// <exception cref="ProblemException">The field's is no URL or not accepted, or the header gave another.</exception>
    public string? Agree(string? fromHeader, string? field)
    {
        if (field is null)
            return fromHeader;
        var url = Accept(field);
        return fromHeader is null || fromHeader == url ? url
            : throw Malformed($"The header {Header} and the field webhook_url name different URLs. Send one of them.");
    }

    private string Accept(string text)
    {
        if (!options.Value.Enabled)
            throw Refused("This server sends no webhooks, because no Webhooks:Secrets are configured. Leave the webhook URL out, and poll instead.");
        if (text.Length > MaxLength)
            throw Malformed($"The webhook URL is longer than {MaxLength} characters.");
        // On Unix a path counts as an absolute URL of a file.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.IsFile && !text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            throw Malformed("The webhook URL is not an absolute URL such as https://example.com/hook.");
        if (url.Scheme != Uri.UriSchemeHttps && !(options.Value.AllowHttp && url.Scheme == Uri.UriSchemeHttp))
            throw Refused($"The webhook URL must begin with {(options.Value.AllowHttp ? "https:// or http://" : "https://")}.");
        if (url.UserInfo.Length > 0)
            throw Refused("The webhook URL must not contain a user name or password.");
        if (IPAddress.TryParse(url.IdnHost, out var address) && !rule.Allows(address))
            throw Refused($"{address} is not on the public internet. An operator can allow it with Webhooks:AllowedNetworks.");
        return url.AbsoluteUri;
    }

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);

    private static ProblemException Refused(string detail) => new(ProblemType.WebhookRefused, detail);
}
