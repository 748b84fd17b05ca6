namespace ImagePrediction.Database;

/// <summary>The single row that records which image store belongs to this database, by the id in the store's mark.</summary>
public sealed class KnownImageStore
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; } = 1;

    /// <summary>The id in the store's mark.</summary>
    public required Guid Mark { get; init; }
}
