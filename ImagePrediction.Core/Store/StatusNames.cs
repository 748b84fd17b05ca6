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
    public static PredictionStatus Parse(string name) =>
        TryParse(name, out var status) ? status : throw new ArgumentOutOfRangeException(nameof(name), name, null);

    /// <summary>Finds the state of that name; false if there is none.</summary>
    public static bool TryParse(string name, out PredictionStatus status)
    {
        (var known, status) = name switch
        {
            "queued" => (true, PredictionStatus.Queued),
            "processing" => (true, PredictionStatus.Processing),
            "succeeded" => (true, PredictionStatus.Succeeded),
            "failed" => (true, PredictionStatus.Failed),
            "canceled" => (true, PredictionStatus.Canceled),
            _ => (false, default),
        };
        return known;
    }
}
