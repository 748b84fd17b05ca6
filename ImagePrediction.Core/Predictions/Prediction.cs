namespace ImagePrediction.Predictions;

/// <summary>One row a prediction: the whole truth about it. All times are Postgres' own clock, UTC.</summary>
public sealed class Prediction
{
    /// <summary>UUIDv7, made by the API; also the name of the stored image.</summary>
    public required Guid Id { get; init; }

    /// <summary>Changes only by the statements in <c>Flow/</c>.</summary>
    public required PredictionStatus Status { get; init; }

    /// <summary>0 at first, one more with each claim. It fences off a worker that lost its lease and does not know.</summary>
    public int Attempt { get; init; }

    /// <summary>How often a lease ran out or the watchdog ended a hung task; 4 fail it. Nothing else counts.</summary>
    public int Losses { get; init; }

    /// <summary>How often it was put off after a transient fault; only the back-off grows with it.</summary>
    public int Faults { get; init; }

    /// <summary>Not claimed before this moment: the back-off after a transient fault.</summary>
    public DateTime AvailableAt { get; init; }

    /// <summary>When its id was last put on a Redis list; minus infinity when no hint is out.</summary>
    public DateTime HintedAt { get; init; }

    /// <summary>Until when its worker holds it; null unless processing.</summary>
    public DateTime? LeaseUntil { get; init; }

    /// <summary>Who took it last, as <c>machine/pid</c>.</summary>
    public string? Worker { get; init; }

    /// <summary>W3C trace context of the request that made it, so that one trace spans the queue.</summary>
    public string? Traceparent { get; init; }

    /// <summary>Size of the stored file in bytes.</summary>
    public long ImageBytes { get; init; }

    /// <summary>Media type by content, such as <c>image/jpeg</c>.</summary>
    public required string ImageType { get; init; }

    /// <summary>Width of the upright picture in pixels.</summary>
    public int ImageWidth { get; init; }

    /// <summary>Height of the upright picture in pixels.</summary>
    public int ImageHeight { get; init; }

    /// <summary>Name of the model that answered; null until it did.</summary>
    public string? ModelName { get; init; }

    /// <summary>Version of the model that answered.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The confidence from which a dog counted.</summary>
    public double? Threshold { get; init; }

    /// <summary>The answer; null until succeeded.</summary>
    public bool? ContainsDog { get; init; }

    /// <summary>The highest dog score anywhere in the picture, 0 to 1, also when below the threshold.</summary>
    public double? Confidence { get; init; }

    /// <summary>What passed the threshold, as JSON (<see cref="DetectionJson"/>).</summary>
    public string? Detections { get; init; }

    /// <summary>What stayed below the threshold, as JSON (<see cref="DetectionJson"/>).</summary>
    public string? BelowThreshold { get; init; }

    /// <summary>Time in the model, in milliseconds.</summary>
    public double? InferenceMs { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/> when failed.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>A sentence for the client when failed.</summary>
    public string? ErrorDetail { get; init; }

    /// <summary>Who may see it: the name of the API key, empty without keys.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Where to POST it once it is final; null when nobody asked for that.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>What the client calls it, at most 200 characters; null when it gave no reference.</summary>
    public string? Reference { get; init; }

    /// <summary>The name of the uploaded file, without a folder; null when it had none.</summary>
    public string? FileName { get; init; }

    /// <summary>1 at first, one more with each change of state.</summary>
    public int Version { get; init; }

    /// <summary>When the row was accepted.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>When decoding of the image began; known once it is final.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When it became final.</summary>
    public DateTime? CompletedAt { get; init; }

    /// <summary>True once the state can no longer change.</summary>
    public bool IsFinal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>The state as it is spelled in the database and in JSON.</summary>
    public string StatusName => Status.ToString().ToLowerInvariant();
}
