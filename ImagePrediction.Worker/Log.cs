namespace ImagePrediction.Worker;

/// <summary>Every log message of the worker.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Model {Name} {Version} is ready: threshold {Threshold}, lanes {Lanes}")]
    public static partial void ModelReady(this ILogger logger, string name, string version, double threshold, int lanes);

    [LoggerMessage(LogLevel.Critical, "The model cannot be used; this worker stops")]
    public static partial void ModelUnusable(this ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Information, "{Worker} takes work")]
    public static partial void TakesWork(this ILogger logger, string worker);

    [LoggerMessage(LogLevel.Information, "Paused by an operator: no work is taken")]
    public static partial void Paused(this ILogger logger);

    [LoggerMessage(LogLevel.Information, "Resumed: work is taken again")]
    public static partial void Resumed(this ILogger logger);

    [LoggerMessage(LogLevel.Warning, "No work can be taken: {Reason}. Trying again")]
    public static partial void CannotTakeWork(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "This worker could not report that it is running: {Reason}. Trying again")]
    public static partial void CannotReport(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The leases could not be renewed: {Reason}. Trying again")]
    public static partial void CannotRenew(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "{Count} outcomes could not be written: {Reason}. Trying again")]
    public static partial void CannotFinish(this ILogger logger, int count, string reason);

    [LoggerMessage(LogLevel.Error, "The database rejected {Count} outcomes")]
    public static partial void OutcomeRefused(this ILogger logger, Exception exception, int count);

    [LoggerMessage(LogLevel.Warning, "Prediction {Id} was taken over by another worker after attempt {Attempt}; its result is discarded")]
    public static partial void ClaimLost(this ILogger logger, Guid id, int attempt);

    [LoggerMessage(LogLevel.Warning, "Prediction {Id} will be tried again in {Delay}")]
    public static partial void TryLater(this ILogger logger, Exception exception, Guid id, TimeSpan delay);

    [LoggerMessage(LogLevel.Error, "Prediction {Id} failed after attempt {Attempt}")]
    public static partial void GivesUp(this ILogger logger, Exception exception, Guid id, int attempt);

    [LoggerMessage(LogLevel.Information, "Prediction {Id} runs alone: its last worker was lost")]
    public static partial void RunsSuspect(this ILogger logger, Guid id);

    [LoggerMessage(LogLevel.Critical, "Prediction {Id} has run for {Elapsed}; this worker ends itself")]
    public static partial void TaskHangs(this ILogger logger, Guid id, TimeSpan elapsed);

    [LoggerMessage(LogLevel.Information, "Stopping; {Count} predictions are handed back")]
    public static partial void HandsBack(this ILogger logger, int count);
}
