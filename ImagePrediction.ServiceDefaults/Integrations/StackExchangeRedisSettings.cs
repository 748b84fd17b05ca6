namespace Aspire.StackExchange.Redis;

/// <summary>Settings of the Redis client integration; the names are those of Aspire's package.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Host, port and options; <c>ConnectionStrings:{name}</c> wins over it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True leaves the health check out. Default false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Kept for the package's sake: this build traces no Redis commands.</summary>
    public bool DisableTracing { get; set; }
}
