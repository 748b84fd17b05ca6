using System.Text.Json.Serialization;

namespace ImagePrediction.Api.Webhooks;

/// <summary>The outcome of one attempt to deliver a webhook. Nothing of the response but its status is stored.</summary>
/// <param name="At">When it started, by Postgres' clock.</param>
/// <param name="Status">The HTTP status of the response; null if there was none.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Error">Why there was no response, a short code listed in docs/webhooks.md; null if there was one.</param>
public sealed record DeliveryAttempt(DateTime At, int? Status, double DurationMs, string? Error)
{
    /// <summary>True if the receiver accepted it, with any 2xx status.</summary>
    [JsonIgnore]
    public bool Delivered => Status is >= 200 and <= 299;
}

/// <summary>JSON of the attempts in the row: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeliveryAttempt))]
[JsonSerializable(typeof(IReadOnlyList<DeliveryAttempt>))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
