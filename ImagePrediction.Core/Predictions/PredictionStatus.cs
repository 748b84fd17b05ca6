using System.Text.Json.Serialization;

namespace ImagePrediction.Predictions;

/// <summary>State of a prediction; diagram in docs/architecture.md. The last three are final, unless an operator retries a failed one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PredictionStatus>))]
public enum PredictionStatus
{
    /// <summary>Accepted and waiting for a worker.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>A worker holds it under a lease.</summary>
    [JsonStringEnumMemberName("processing")]
    Processing,

    /// <summary>Answered.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>Failed, for the reason in <see cref="Prediction.ErrorCode"/>.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Canceled by the client before it was answered.</summary>
    [JsonStringEnumMemberName("canceled")]
    Canceled,
}
