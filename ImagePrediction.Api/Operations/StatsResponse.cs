using ImagePrediction.Api.Queue;

namespace ImagePrediction.Api.Operations;

/// <summary>How the service does: what is waiting now, and figures of the last minutes.</summary>
public sealed record StatsResponse
{
    /// <summary>Predictions that wait for a worker now.</summary>
    public required long Queued { get; init; }

    /// <summary>Predictions that a worker holds now.</summary>
    public required long Processing { get; init; }

    /// <summary>How long the oldest waiting prediction has waited, in milliseconds.</summary>
    public required double OldestAgeMs { get; init; }

    /// <summary>Since when taking work is paused; null while it is not.</summary>
    public required DateTime? PausedSince { get; init; }

    /// <summary>How many workers listen for work; null while Redis is away.</summary>
    public required int? Workers { get; init; }

    /// <summary>Predictions that became final, a second, over the last ten seconds.</summary>
    public required double CompletedPerS { get; init; }

    /// <summary>How far the figures below reach back, in seconds: 300, or less where more than 20,000 became final since.</summary>
    public required double WindowS { get; init; }

    /// <summary>Predictions that succeeded.</summary>
    public required long Succeeded { get; init; }

    /// <summary>Predictions that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Predictions that were canceled.</summary>
    public required long Canceled { get; init; }

    /// <summary>From acceptance to the beginning of decoding, in milliseconds; null when nothing became final.</summary>
    public required Percentiles? QueueMs { get; init; }

    /// <summary>In the model, in milliseconds.</summary>
    public required Percentiles? InferenceMs { get; init; }

    /// <summary>From acceptance to the answer, in milliseconds.</summary>
    public required Percentiles? TotalMs { get; init; }

    /// <summary>Workers that run, that were lost within the last hour, and that finished something before they stopped; in this order.</summary>
    public required IReadOnlyList<WorkerStats> WorkerList { get; init; }

    /// <summary>Why predictions failed, the most frequent reason first.</summary>
    public required IReadOnlyList<ErrorStats> Errors { get; init; }

    /// <summary>What there is of failed predictions, however old, by the reason: of the newest 10,000.</summary>
    public required IReadOnlyList<FailureStats> Failures { get; init; }

    /// <summary>Where the Aspire dashboard is; null where there is none.</summary>
    public required string? Dashboard { get; init; }

    /// <summary>A point each five seconds of the last ten minutes, oldest first.</summary>
    public required IReadOnlyList<PacePoint> History { get; init; }
}
