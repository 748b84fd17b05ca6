namespace ImagePrediction.Database;

/// <summary>A key under which a client posted an image, so that posting it again gives the same prediction. Kept 24 hours.</summary>
public sealed class IdempotencyKey
{
    /// <summary>Whose key it is: an API key's name, or without one <c>@</c> and the client's address.</summary>
    public required string Owner { get; init; }

    /// <summary>The header's value.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the image's bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The prediction that was made; it may have been deleted since.</summary>
    public required Guid PredictionId { get; init; }

    /// <summary>When it was posted.</summary>
    public DateTime CreatedAt { get; init; }
}
