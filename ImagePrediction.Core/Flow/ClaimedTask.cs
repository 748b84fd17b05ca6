namespace ImagePrediction.Flow;

/// <summary>A row that this worker now holds under a lease.</summary>
/// <param name="Id">The prediction.</param>
/// <param name="Attempt">The fencing token: every later statement about this claim includes it.</param>
/// <param name="Traceparent">Trace context of the request that created it.</param>
/// <param name="Waited">Time from creation to this claim.</param>
/// <param name="Faults">How often it was postponed before.</param>
/// <param name="Pixels">Width times height, from the header; four times that for AVIF and TIFF, whose decoders may need that much more.</param>
public sealed record ClaimedTask(Guid Id, int Attempt, string? Traceparent, TimeSpan Waited, int Faults, long Pixels);
