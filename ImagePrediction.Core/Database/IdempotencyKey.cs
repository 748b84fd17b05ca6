namespace ImagePrediction.Database;

/// <summary>A key that a client sent with an image, so that posting it again returns the same prediction. Kept for 24 hours.</summary>
public sealed class IdempotencyKey
{
    /// <summary>Owner of the key: the name of the API key, or <c>@</c> and the client's address for requests without one.</summary>
    public required string Owner { get; init; }

    /// <summary>The header's value.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the image's bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The prediction that was created; it may have been deleted since.</summary>
    public required Guid PredictionId { get; init; }

    /// <summary>When it was posted.</summary>
    public DateTime CreatedAt { get; init; }
}
