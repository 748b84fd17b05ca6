namespace ImagePrediction.Database;

/// <summary>A worker that is running or was lost. The table is unlogged: after a crash of Postgres the workers write their rows again.</summary>
public sealed class WorkerRow
{
    /// <summary>Its name and process id, as <c>name/process</c>.</summary>
    public required string Name { get; init; }

    /// <summary>When it first reported that it is running; UTC.</summary>
    public DateTime StartedAt { get; init; }

    /// <summary>When it last reported; UTC.</summary>
    public DateTime SeenAt { get; init; }
}

/// <summary>The row that exists while work is paused.</summary>
public sealed class PauseRow
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>When it was paused; UTC.</summary>
    public DateTime Since { get; init; }
}
