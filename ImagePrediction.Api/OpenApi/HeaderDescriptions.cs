using Microsoft.OpenApi;

namespace ImagePrediction.Api.OpenApi;

/// <summary>The request headers that the routes read themselves.</summary>
internal static class HeaderDescriptions
{
    private static readonly OpenApiParameter Prefer = Header("Prefer", "`wait=N`: answer once the prediction is final, or after N seconds (at most 60).");

    private static readonly OpenApiParameter IdempotencyKey = Header("Idempotency-Key",
        "For a day, the same key with the same bytes returns the same prediction. A UUID, or any 1 to 255 printable characters without spaces.");

    private static readonly OpenApiParameter WebhookUrl = Header("Webhook-Url", "Where to POST the prediction once it is final.");

    private static readonly OpenApiParameter IfNoneMatch = Header("If-None-Match", "The `ETag` of the version you have: 304 if it is still current.");

    private static readonly OpenApiParameter LastEventId = Header("Last-Event-ID", "The version you have: it is not sent again.");

    /// <summary>The headers of an operation by its id.</summary>
    public static IEnumerable<OpenApiParameter> Of(string? operationId) => operationId switch
    {
        // Also Reference, omitted because generators would confuse it with the form field of that name.
        "CreatePrediction" => [Prefer, IdempotencyKey, WebhookUrl],
        "GetPrediction" => [Prefer, IfNoneMatch],
        "GetImage" or "GetAnnotated" => [IfNoneMatch],
        "WatchPrediction" => [LastEventId],
        _ => [],
    };

    // Without an example: viewers would send it as is.
    private static OpenApiParameter Header(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
