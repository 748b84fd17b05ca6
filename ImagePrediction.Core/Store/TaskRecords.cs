using System.Diagnostics;

namespace ImagePrediction.Store;

/// <summary>A row that this worker now holds under a lease.</summary>
/// <param name="Id">The prediction.</param>
/// <param name="Attempt">The fence: every later statement about this claim names it.</param>
/// <param name="Traceparent">Trace context of the request that made it.</param>
/// <param name="Waited">From creation to this claim.</param>
/// <param name="Faults">How often it was put off before.</param>
/// <param name="Pixels">Width times height, by the image's header; four times that for AVIF, whose decoder takes so much more.</param>
public sealed record ClaimedTask(Guid Id, int Attempt, string? Traceparent, TimeSpan Waited, int Faults, long Pixels);

/// <summary>The last word on a claim: an answer or a permanent error.</summary>
public sealed record Outcome
{
    /// <summary>The claim it ends.</summary>
    public required ClaimedTask Task { get; init; }

    /// <summary>When decoding began, as a <see cref="Stopwatch"/> timestamp; Postgres knows it by how long ago that is.</summary>
    public required long Began { get; init; }

    /// <summary>From the beginning of decoding until now.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Began);

    /// <summary>The answer; null when <see cref="ErrorCode"/> is set.</summary>
    public Answer? Answer { get; init; }

    /// <summary>Why the image cannot be answered.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>A sentence for the client.</summary>
    public string? ErrorDetail { get; init; }
}

/// <summary>What the detector says about one image.</summary>
/// <param name="ContainsDog">Whether a dog passed the threshold.</param>
/// <param name="Confidence">The highest dog score anywhere.</param>
/// <param name="Detections">What passed the threshold, best first, as <see cref="DetectionJson"/>.</param>
/// <param name="InferenceTime">Time in the model.</param>
/// <param name="ModelName">The model's name.</param>
/// <param name="ModelVersion">The model's version.</param>
/// <param name="Threshold">The confidence from which a dog counts.</param>
public sealed record Answer(
    bool ContainsDog, double Confidence, string Detections, TimeSpan InferenceTime,
    string ModelName, string ModelVersion, double Threshold);
