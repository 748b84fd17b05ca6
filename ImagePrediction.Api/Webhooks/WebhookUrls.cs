using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Outbound;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>The webhook URL of a request.</summary>
internal sealed class WebhookUrls(IOptions<WebhookOptions> options, OutboundUrls urls)
{
    private const string Header = "Webhook-Url";

    /// <summary>The URL in the request's header <c>Webhook-Url</c>, in normalized form; null if there is none.</summary>
    /// <exception cref="ProblemException">It is given more than once, not a URL, or not accepted.</exception>
    public string? FromHeader(HttpRequest request) => request.Headers[Header] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => Accept(one[0] ?? ""),
        _ => throw Malformed($"The header {Header} is there more than once."),
    };

    /// <summary>The URL in the form's field or, if the form has none, the one in the header.</summary>
    /// <exception cref="ProblemException">The field is not a URL or not accepted, or the header has a different one.</exception>
    public string? Agree(string? fromHeader, string? field)
    {
        if (field is null)
            return fromHeader;
        var url = Accept(field);
        return fromHeader is null || fromHeader == url ? url
            : throw Malformed($"The header {Header} and the field webhook_url name different URLs. Send one of them.");
    }

    private string Accept(string text) => options.Value.Enabled ? urls.Accept(text, "webhook URL", ProblemType.WebhookRefused).AbsoluteUri
        : throw new ProblemException(ProblemType.WebhookRefused, "This server sends no webhooks, because no Webhooks:Secrets are configured. Leave the webhook URL out, and poll instead.");

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
