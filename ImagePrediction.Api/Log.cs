namespace ImagePrediction.Api;

/// <summary>Every log message of the API.</summary>
internal static partial class Log
{
    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed: {Problem}")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path, string problem);

    [LoggerMessage(LogLevel.Information, "The database schema is up to date")]
    public static partial void SchemaReady(this ILogger logger);

    [LoggerMessage(LogLevel.Warning, "The database schema cannot be brought up to date yet; trying again in {Delay}")]
    public static partial void SchemaNotReady(this ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(LogLevel.Warning, "The image store cannot be reached yet; trying again in {Delay}")]
    public static partial void StoreNotMarked(this ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(LogLevel.Warning, "{Suspects} predictions lost their worker and wait to run alone, {Failed} failed as worker_lost")]
    public static partial void LeasesExpired(this ILogger logger, int suspects, int failed);

    [LoggerMessage(LogLevel.Warning, "{Count} predictions had lost their hint on list {List}; they were pushed again")]
    public static partial void HintsRestored(this ILogger logger, int count, string list);

    [LoggerMessage(LogLevel.Warning, "A recovery pass was cut short; the next one continues")]
    public static partial void RecoveryCutShort(this ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Images could not be accepted; uploads are refused for {Pause}")]
    public static partial void AcceptFailed(this ILogger logger, TimeSpan pause, Exception exception);

    [LoggerMessage(LogLevel.Error, "The queue could not be read")]
    public static partial void SnapshotFailed(this ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Information, "Retention removed {Count} predictions that had been final for {Age}")]
    public static partial void RetentionRemoved(this ILogger logger, int count, TimeSpan age);

    [LoggerMessage(LogLevel.Information, "The sweep removed {Count} images without a row")]
    public static partial void OrphansRemoved(this ILogger logger, int count);

    [LoggerMessage(LogLevel.Error, "Images without a row are not removed: {Reason}")]
    public static partial void NothingSwept(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Housekeeping was cut short; it runs again in {Interval}")]
    public static partial void HousekeepingCutShort(this ILogger logger, Exception exception, TimeSpan interval);

    [LoggerMessage(LogLevel.Information, "Retention removed {Deliveries} deliveries of webhooks and {Keys} idempotency keys")]
    public static partial void LeftoversRemoved(this ILogger logger, int deliveries, int keys);

    [LoggerMessage(LogLevel.Warning, "Webhooks that are due could not be claimed; trying again")]
    public static partial void DeliveriesCutShort(this ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Webhook {Id} of prediction {Prediction} was given up after {Tries} attempts; the last: status {Status}, error {Error}")]
    public static partial void DeliveryGivenUp(this ILogger logger, Guid id, Guid prediction, int tries, int? status, string? error);

    [LoggerMessage(LogLevel.Warning, "The outcome of an attempt at webhook {Id} could not be saved; the attempt is repeated after {Lease}")]
    public static partial void AttemptNotSettled(this ILogger logger, Exception exception, Guid id, TimeSpan lease);
}
