using System.Text.Json.Serialization;

namespace ImagePrediction.Predictions;

/// <summary>Where a prediction stands. Drawn in docs/architecture.md; the last three are final and never change.</summary>
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

    /// <summary>Given up, for the reason in <see cref="Prediction.ErrorCode"/>.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Called off by the client before it was answered.</summary>
    [JsonStringEnumMemberName("canceled")]
    Canceled,
}
