namespace ImagePrediction.Database;

/// <summary>A worker that runs, or was lost. Not logged by Postgres: after a crash of it the workers write their rows again.</summary>
public sealed class WorkerRow
{
    /// <summary>Its name and process id, as <c>name/process</c>.</summary>
    public required string Name { get; init; }

    /// <summary>When it first said that it runs; UTC.</summary>
    public DateTime StartedAt { get; init; }

    /// <summary>When it last did; UTC.</summary>
    public DateTime SeenAt { get; init; }
}

/// <summary>The row that is there while taking work is paused.</summary>
public sealed class PauseRow
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>When it was paused; UTC.</summary>
    public DateTime Since { get; init; }
}
