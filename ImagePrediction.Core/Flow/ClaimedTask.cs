namespace ImagePrediction.Flow;

/// <summary>A row that this worker now holds under a lease.</summary>
/// <param name="Id">The prediction.</param>
/// <param name="Attempt">The fence: every later statement about this claim names it.</param>
/// <param name="Traceparent">Trace context of the request that made it.</param>
/// <param name="Waited">From creation to this claim.</param>
/// <param name="Faults">How often it was put off before.</param>
/// <param name="Pixels">Width times height, by the image's header; four times that for AVIF and TIFF, whose decoders may take so much more.</param>
public sealed record ClaimedTask(Guid Id, int Attempt, string? Traceparent, TimeSpan Waited, int Faults, long Pixels);
