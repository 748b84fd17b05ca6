namespace ImagePrediction.Api.Queue;

/// <summary>Where a queued prediction stands: estimates, updated once a second.</summary>
/// <param name="Position">Its place in the line; 1 is next.</param>
/// <param name="Workers">The number of running workers; 0: it waits until one starts; null: unknown.</param>
/// <param name="Paused">Whether an operator has paused work: it waits until work is resumed.</param>
/// <param name="EstimatedWaitMs">How long it will wait at the present pace, in milliseconds; null when there is no pace to go by.</param>
public sealed record QueueInfo(long Position, int? Workers, bool Paused, double? EstimatedWaitMs);
