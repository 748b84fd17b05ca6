namespace ImagePrediction.Database;

/// <summary>
/// A final prediction that its client wants to be told of. Made by the database itself, in the statement that makes
/// the row final (a trigger of the migration <c>Clients</c>), so that nobody who finishes a prediction can forget it.
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

    /// <summary>How many attempts were begun; also the fence of the one under way.</summary>
    public int Tries { get; init; }

    /// <summary>When the next attempt is due; while one is under way, when it counts as lost. Null once no more is made.</summary>
    public DateTime? NextAt { get; init; }

    /// <summary>When the receiver answered with success.</summary>
    public DateTime? DeliveredAt { get; init; }

    /// <summary>What became of each attempt, as a JSON array of time, status and duration; never what was answered.</summary>
    public required string Attempts { get; init; }

    /// <summary>When the prediction became final.</summary>
    public DateTime CreatedAt { get; init; }
}
