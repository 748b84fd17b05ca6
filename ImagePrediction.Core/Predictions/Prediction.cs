namespace ImagePrediction.Predictions;

/// <summary>One row per prediction, the single source of truth about it. All times are from Postgres' clock, in UTC.</summary>
public sealed class Prediction
{
    /// <summary>UUIDv7, created by the API; also the name of the stored image.</summary>
    public required Guid Id { get; init; }

    /// <summary>Changed only by the statements in <c>Flow/</c>.</summary>
    public required PredictionStatus Status { get; init; }

    /// <summary>Initially 0, incremented by each claim. The fencing token against a worker that lost its lease without noticing.</summary>
    public int Attempt { get; init; }

    /// <summary>How often its lease expired or the watchdog ended its hung task; the fourth loss fails it. Nothing else counts.</summary>
    public int Losses { get; init; }

    /// <summary>How often it was postponed after a transient fault: extends the back-off; an unknown error fails it on the fifth attempt.</summary>
    public int Faults { get; init; }

    /// <summary>Not claimed before this time: the back-off after a transient fault.</summary>
    public DateTime AvailableAt { get; init; }

    /// <summary>When its id was last pushed to a Redis list; minus infinity if it has no hint.</summary>
    public DateTime HintedAt { get; init; }

    /// <summary>When its worker's lease expires; null unless processing.</summary>
    public DateTime? LeaseUntil { get; init; }

    /// <summary>The worker that last claimed it, as <c>name/process</c>.</summary>
    public string? Worker { get; init; }

    /// <summary>W3C trace context of the request that created it, so that one trace spans the queue.</summary>
    public string? Traceparent { get; init; }

    /// <summary>Size of the stored file in bytes.</summary>
    public long ImageBytes { get; init; }

    /// <summary>Media type determined from the content, such as <c>image/jpeg</c>.</summary>
    public required string ImageType { get; init; }

    /// <summary>Width of the upright picture in pixels.</summary>
    public int ImageWidth { get; init; }

    /// <summary>Height of the upright picture in pixels.</summary>
    public int ImageHeight { get; init; }

    /// <summary>Name of the model that produced the answer; null until then.</summary>
    public string? ModelName { get; init; }

    /// <summary>Version of the model that produced the answer.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The minimum confidence at which a dog counted.</summary>
    public double? Threshold { get; init; }

    /// <summary>The answer; null until succeeded.</summary>
    public bool? ContainsDog { get; init; }

    /// <summary>The highest dog score anywhere in the picture, 0 to 1, also when below the threshold.</summary>
    public double? Confidence { get; init; }

    /// <summary>Detections that passed the threshold, as JSON (<see cref="DetectionJson"/>).</summary>
    public string? Detections { get; init; }

    /// <summary>Detections below the threshold, as JSON (<see cref="DetectionJson"/>).</summary>
    public string? BelowThreshold { get; init; }

    /// <summary>Time spent in the model, in milliseconds.</summary>
    public double? InferenceMs { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/> when failed.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>A sentence for the client when failed.</summary>
    public string? ErrorDetail { get; init; }

    /// <summary>Who may see it: the name of the API key, empty without keys.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Where to POST it once it is final; null if no webhook was requested.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>The client's own reference, at most 200 characters; null if it gave none.</summary>
    public string? Reference { get; init; }

    /// <summary>The name of the uploaded file, without a folder; null when it had none.</summary>
    public string? FileName { get; init; }

    /// <summary>Initially 1, incremented by each change of state.</summary>
    public int Version { get; init; }

    /// <summary>When the prediction was accepted.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>When decoding of the image began; known once it is final.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When it became final.</summary>
    public DateTime? CompletedAt { get; init; }

    /// <summary>True if succeeded, failed or canceled.</summary>
    public bool IsFinal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>The state as it is spelled in the database and in JSON.</summary>
    public string StatusName => Status.ToString().ToLowerInvariant();
}
