namespace ImagePrediction.Database;

/// <summary>The one row that names the image store of this database, by the id in the store's mark.</summary>
public sealed class KnownImageStore
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; } = 1;

    /// <summary>What the mark of the store says.</summary>
    public required Guid Mark { get; init; }
}
