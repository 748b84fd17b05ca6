namespace ImagePrediction.Api.Queue;

/// <summary>The position of a queued prediction: estimates, updated every second or two.</summary>
/// <param name="Position">Its position in the queue; 1 is next.</param>
/// <param name="Workers">The number of running workers; 0: it waits until one starts; null: unknown.</param>
/// <param name="Paused">Whether an operator has paused work: it waits until work is resumed.</param>
/// <param name="EstimatedWaitMs">How long it will wait at the current throughput, in milliseconds; null if that is unknown.</param>
public sealed record QueueInfo(long Position, int? Workers, bool Paused, double? EstimatedWaitMs);
