namespace ImagePrediction.Store;

/// <summary>How a state is spelled in the database and in JSON.</summary>
public static class StatusNames
{
    /// <summary>The lower-case name.</summary>
    public static string Of(PredictionStatus status) => status switch
    {
        PredictionStatus.Queued => "queued",
        PredictionStatus.Processing => "processing",
        PredictionStatus.Succeeded => "succeeded",
        PredictionStatus.Failed => "failed",
        PredictionStatus.Canceled => "canceled",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    /// <summary>The state of that name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such state.</exception>
    public static PredictionStatus Parse(string name) => name switch
    {
        "queued" => PredictionStatus.Queued,
        "processing" => PredictionStatus.Processing,
        "succeeded" => PredictionStatus.Succeeded,
        "failed" => PredictionStatus.Failed,
        "canceled" => PredictionStatus.Canceled,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
