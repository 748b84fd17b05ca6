using Microsoft.OpenApi;

namespace ImagePrediction.Api.OpenApi;

/// <summary>The request headers that the routes read by hand.</summary>
internal static class HeaderDescriptions
{
    private static readonly OpenApiParameter Prefer = Header("Prefer", "`wait=N`: answer once the prediction is final, or after N seconds (60 at most).", "wait=30");

    private static readonly OpenApiParameter IdempotencyKey = Header("Idempotency-Key",
        "The same key and the same bytes give the same prediction, for a day.", "8b1a7f0e-3f0d-4c6e-9d1f-6a2f5c1f0b77");

    private static readonly OpenApiParameter WebhookUrl = Header("Webhook-Url", "Where to POST the prediction once it is final.", "https://example.org/hook");

    private static readonly OpenApiParameter IfNoneMatch = Header("If-None-Match", "The `ETag` of what you have: 304 if it is still that.", "W/\"3\"");

    private static readonly OpenApiParameter LastEventId = Header("Last-Event-ID", "The version you have: it is not sent again.", "1");

    /// <summary>The headers of an operation by its id.</summary>
    public static IEnumerable<OpenApiParameter> Of(string? operationId) => operationId switch
    {
        "CreatePrediction" => [Prefer, IdempotencyKey, WebhookUrl],
        "GetPrediction" => [Prefer, IfNoneMatch],
        "GetImage" or "GetAnnotated" => [IfNoneMatch],
        "WatchPrediction" => [LastEventId],
        _ => [],
    };

    private static OpenApiParameter Header(string name, string description, string example) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = example,
    };
}
