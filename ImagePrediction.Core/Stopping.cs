namespace ImagePrediction;

/// <summary>How background services tell a stop from an error.</summary>
public static class Stopping
{
    /// <summary>
    /// True for the cancellation with which a background service ends. Any other exception must be caught even during a stop, for example when
    /// the database goes away at the same time: the host would report it as critical.
    /// </summary>
    /// <param name="exception">What the service's work threw.</param>
    /// <param name="stoppingToken">The service's token.</param>
    public static bool IsStop(this Exception exception, CancellationToken stoppingToken) =>
        exception is OperationCanceledException && stoppingToken.IsCancellationRequested;
}
