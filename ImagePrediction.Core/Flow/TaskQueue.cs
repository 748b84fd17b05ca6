using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>
/// The state in Redis: two lists of hints, the channel that wakes workers, and the channel that announces final predictions. Losing
/// any of it costs seconds, never a task, so pushing never fails or blocks a caller. Only the flow pushes and publishes.
/// </summary>
public sealed class TaskQueue(IConnectionMultiplexer redis)
{
    private IDatabase Database => redis.GetDatabase();

    /// <summary>Appends hints to a list and wakes the workers; does nothing while Redis is unavailable.</summary>
    internal void Push(RedisKey list, IEnumerable<Hint> hints)
    {
        RedisValue[] values = [.. hints.Select(hint => hint.ToRedisValue())];
        if (values.Length == 0 || !redis.IsConnected)
            return;
        try
        {
            Database.ListRightPush(list, values, flags: CommandFlags.FireAndForget);
            Database.Publish(RedisKeys.Work, list.ToString(), CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // The recovery pass finds the rows whose hint is missing.
        }
    }

    /// <summary>Puts popped hints back at the head of their list, in order; does nothing while Redis is unavailable.</summary>
    internal void PutBack(RedisKey list, IEnumerable<Hint> hints)
    {
        try
        {
            Database.ListLeftPush(list, [.. hints.Reverse().Select(hint => hint.ToRedisValue())], flags: CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // The recovery pass finds the rows whose hint is missing.
        }
    }

    /// <summary>Takes up to <paramref name="count"/> hints from the head of a list.</summary>
    /// <exception cref="RedisException">Redis is unavailable.</exception>
    public async Task<IReadOnlyList<Hint>> PopAsync(RedisKey list, int count)
    {
        var values = await Database.ListLeftPopAsync(list, count);
        return values is null ? [] : [.. values.Select(Hint.Parse).OfType<Hint>()];
    }

    /// <summary>The hint at the head of a list; null when the list is empty.</summary>
    /// <exception cref="RedisException">Redis is unavailable.</exception>
    internal async Task<Hint?> PeekAsync(RedisKey list) => Hint.Parse(await Database.ListGetByIndexAsync(list, 0));

    /// <summary>Empties a list.</summary>
    /// <exception cref="RedisException">Redis is unavailable.</exception>
    internal Task ClearAsync(RedisKey list) => Database.KeyDeleteAsync(list);

    /// <summary>Notifies waiting clients that these predictions are final; lost while Redis is unavailable.</summary>
    internal void TellFinal(IReadOnlyCollection<Guid> ids)
    {
        try
        {
            if (ids.Count > 0 && redis.IsConnected)
                Database.Publish(RedisKeys.Final, string.Join(',', ids), CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // Waiting requests read the row again within a second.
        }
    }

    /// <summary>Number of workers subscribed for work; null while Redis is unavailable.</summary>
    public async Task<int?> CountWorkersAsync()
    {
        try
        {
            return (int)((RedisResult[])(await Database.ExecuteAsync("PUBSUB", "NUMSUB", RedisKeys.Work.ToString()))!)[1];
        }
        catch (Exception) // a command fails with whatever broke its connection, not only with a RedisException
        {
            return null;
        }
    }

    /// <summary>Calls <paramref name="final"/> with the ids, as published, whenever predictions become final.</summary>
    /// <exception cref="RedisException">Redis is unavailable; once established, the subscription survives outages.</exception>
    public Task SubscribeFinalAsync(Action<string> final) =>
        redis.GetSubscriber().SubscribeAsync(RedisKeys.Final, (_, ids) => final(ids.ToString()));

    /// <summary>Calls <paramref name="wake"/> with the list's name whenever work was pushed, until the process ends.</summary>
    public Task SubscribeWorkAsync(Action<RedisKey> wake) =>
        redis.GetSubscriber().SubscribeAsync(RedisKeys.Work, (_, list) => wake(list.ToString()));
}
