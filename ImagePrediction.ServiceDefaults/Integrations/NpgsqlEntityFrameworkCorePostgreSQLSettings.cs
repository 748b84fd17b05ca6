namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>Settings of the Npgsql context integration; the names are those of Aspire's package.</summary>
public sealed class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary>The Npgsql connection string; <c>ConnectionStrings:{name}</c> wins over it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True leaves the retrying execution strategy out. Default false.</summary>
    public bool DisableRetry { get; set; }

    /// <summary>True leaves the health check out. Default false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>True leaves Npgsql's traces out. Default false.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>True leaves Npgsql's metrics out. Default false.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>How long one command may take, in seconds; null leaves Npgsql's default of 30.</summary>
    public int? CommandTimeout { get; set; }
}
