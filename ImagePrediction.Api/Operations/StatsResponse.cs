using ImagePrediction.Api.Queue;

namespace ImagePrediction.Api.Operations;

/// <summary>The state of the service: what is queued now, and statistics of the last minutes.</summary>
public sealed record StatsResponse
{
    /// <summary>Predictions that are waiting for a worker now.</summary>
    public required long Queued { get; init; }

    /// <summary>Predictions that a worker holds now.</summary>
    public required long Processing { get; init; }

    /// <summary>How long the oldest waiting prediction has waited, in milliseconds.</summary>
    public required double OldestAgeMs { get; init; }

    /// <summary>When the current pause began; null if work is not paused.</summary>
    public required DateTime? PausedSince { get; init; }

    /// <summary>Number of workers that are subscribed for work; null while Redis is unavailable.</summary>
    public required int? Workers { get; init; }

    /// <summary>Predictions that became final per second, over the last ten seconds.</summary>
    public required double CompletedPerS { get; init; }

    /// <summary>The period that the statistics below cover, in seconds: 300, or less if more than 20,000 became final in that time.</summary>
    public required double WindowS { get; init; }

    /// <summary>Predictions that succeeded.</summary>
    public required long Succeeded { get; init; }

    /// <summary>Predictions that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Predictions that were canceled.</summary>
    public required long Canceled { get; init; }

    /// <summary>From acceptance to the beginning of decoding, in milliseconds; null when nothing became final.</summary>
    public required Percentiles? QueueMs { get; init; }

    /// <summary>Time spent in the model, in milliseconds.</summary>
    public required Percentiles? InferenceMs { get; init; }

    /// <summary>From acceptance to the answer, in milliseconds.</summary>
    public required Percentiles? TotalMs { get; init; }

    /// <summary>Workers that are running, were lost within the last hour, or finished something before they stopped; in this order.</summary>
    public required IReadOnlyList<WorkerStats> WorkerList { get; init; }

    /// <summary>Why predictions failed, the most frequent reason first.</summary>
    public required IReadOnlyList<ErrorStats> Errors { get; init; }

    /// <summary>The newest 10,000 failed predictions, however old, by reason.</summary>
    public required IReadOnlyList<FailureStats> Failures { get; init; }

    /// <summary>URL of the Aspire dashboard; null if there is none.</summary>
    public required string? Dashboard { get; init; }

    /// <summary>One point for each five seconds of the last ten minutes, oldest first.</summary>
    public required IReadOnlyList<PacePoint> History { get; init; }
}
