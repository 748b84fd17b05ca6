namespace ImagePrediction.Database;

/// <summary>
/// The delivery of a final prediction to its client's webhook. Inserted by the database itself, in the statement that makes
/// the row final (a trigger of the migration <c>Clients</c>), so that no code that finishes a prediction can forget it.
/// </summary>
public sealed class WebhookDelivery
{
    /// <summary>The message's id, the same for every attempt.</summary>
    public required Guid Id { get; init; }

    /// <summary>The prediction; it may have been removed by retention since.</summary>
    public required Guid PredictionId { get; init; }

    /// <summary>Where to POST.</summary>
    public required string Url { get; init; }

    /// <summary>The prediction's row when it became final, as JSON.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Number of attempts started; also the fencing token of the current one.</summary>
    public int Tries { get; init; }

    /// <summary>When the next attempt is due; during an attempt, when it counts as lost. Null when there are no further attempts.</summary>
    public DateTime? NextAt { get; init; }

    /// <summary>When the receiver answered with success.</summary>
    public DateTime? DeliveredAt { get; init; }

    /// <summary>The outcome of each attempt, as a JSON array of time, status, duration and error; never the response itself.</summary>
    public required string Attempts { get; init; }

    /// <summary>When the prediction became final.</summary>
    public DateTime CreatedAt { get; init; }
}
