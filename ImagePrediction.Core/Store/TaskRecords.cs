namespace ImagePrediction.Store;

/// <summary>A row that this worker now holds under a lease.</summary>
/// <param name="Id">The prediction.</param>
/// <param name="Attempt">The fence: every later statement about this claim names it.</param>
/// <param name="ImageBytes">Size of the stored image.</param>
/// <param name="Traceparent">Trace context of the request that made it.</param>
/// <param name="Waited">From creation to this claim.</param>
public sealed record ClaimedTask(Guid Id, int Attempt, long ImageBytes, string? Traceparent, TimeSpan Waited);

/// <summary>The last word on a claim: an answer or a permanent error.</summary>
public sealed record Outcome
{
    /// <summary>The claim it ends.</summary>
    public required ClaimedTask Task { get; init; }

    /// <summary>From the beginning of decoding to now; Postgres derives <c>started_at</c> from it by its own clock.</summary>
    public required TimeSpan Elapsed { get; init; }

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
/// <param name="Detections">What passed the threshold, best first.</param>
/// <param name="InferenceTime">Time in the model.</param>
/// <param name="ModelName">The model's name.</param>
/// <param name="ModelVersion">The model's version.</param>
/// <param name="Threshold">The confidence from which a dog counts.</param>
public sealed record Answer(
    bool ContainsDog, double Confidence, IReadOnlyList<Detection> Detections, TimeSpan InferenceTime,
    string ModelName, string ModelVersion, double Threshold);
