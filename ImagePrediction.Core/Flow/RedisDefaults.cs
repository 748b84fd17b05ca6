using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>Redis client settings of the API and the workers.</summary>
public static class RedisDefaults
{
    /// <summary>Fails fast while Redis is unavailable, instead of queuing commands until they are outdated; reconnects within seconds.</summary>
    public static void Apply(ConfigurationOptions options)
    {
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = 2000;
        options.AsyncTimeout = 2000;
        options.SyncTimeout = 2000;
        options.ReconnectRetryPolicy = new LinearRetry(500);
    }
}
