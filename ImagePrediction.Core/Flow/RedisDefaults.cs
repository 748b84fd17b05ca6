using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>How API and workers talk to Redis.</summary>
public static class RedisDefaults
{
    /// <summary>Fails at once while Redis is away, instead of keeping commands whose moment has passed; reconnects within seconds.</summary>
    public static void Apply(ConfigurationOptions options)
    {
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = 2000;
        options.AsyncTimeout = 2000;
        options.SyncTimeout = 2000;
        options.ReconnectRetryPolicy = new LinearRetry(500);
    }
}
