namespace ImagePrediction.Api.Queue;

/// <summary>How far a queued prediction is: estimates, from a look at the queue once a second.</summary>
/// <param name="Position">Its place in the line; 1 is next.</param>
/// <param name="Workers">How many workers are running; 0 means that it waits until one is started, null that it is not known.</param>
/// <param name="Paused">Whether an operator has paused taking work: it waits until that is over.</param>
/// <param name="EstimatedWaitMs">How long it will wait at the present pace, in milliseconds; null when there is no pace to go by.</param>
public sealed record QueueInfo(long Position, int? Workers, bool Paused, double? EstimatedWaitMs);
