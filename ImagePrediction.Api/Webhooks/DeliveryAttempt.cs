using System.Text.Json.Serialization;

namespace ImagePrediction.Api.Webhooks;

/// <summary>What became of one attempt to deliver a webhook. Nothing of what the receiver wrote is kept.</summary>
/// <param name="At">When it was begun, by Postgres' clock.</param>
/// <param name="Status">The HTTP status of the answer; null when none came.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Error">Why no answer came, a short code listed in docs/webhooks.md; null when one did.</param>
public sealed record DeliveryAttempt(DateTime At, int? Status, double DurationMs, string? Error)
{
    /// <summary>The receiver has taken it: any status of success counts.</summary>
    [JsonIgnore]
    public bool Delivered => Status is >= 200 and <= 299;
}

/// <summary>How attempts are written into the row: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeliveryAttempt))]
[JsonSerializable(typeof(IReadOnlyList<DeliveryAttempt>))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
