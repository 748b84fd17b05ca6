using System.Diagnostics;
using ImagePrediction.Predictions;

namespace ImagePrediction.Flow;

/// <summary>The final outcome of a claim: an answer or a permanent error.</summary>
public sealed record Outcome
{
    /// <summary>The claim it ends.</summary>
    public required ClaimedTask Task { get; init; }

    /// <summary>When decoding began, as a <see cref="Stopwatch"/> timestamp; Postgres is sent the time elapsed since.</summary>
    public required long Began { get; init; }

    /// <summary>From the beginning of decoding until now.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Began);

    /// <summary>The answer; null when <see cref="ErrorCode"/> is set.</summary>
    public Answer? Answer { get; init; }

    /// <summary>Why there is no answer: one of <see cref="ErrorCodes"/>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>A sentence for the client.</summary>
    public string? ErrorDetail { get; init; }
}
