using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>Every Redis key and channel of this system. Their content may vanish at any time and is rebuilt from Postgres.</summary>
public static class RedisKeys
{
    /// <summary>List of <see cref="Hint"/>s, oldest first: rows that may be claimed. Lives until Redis restarts.</summary>
    public static readonly RedisKey Tasks = "tasks";

    /// <summary>List of <see cref="Hint"/>s of rows whose worker was lost at least once: they run alone.</summary>
    public static readonly RedisKey Suspects = "suspects";

    /// <summary>Channel: there is work. The message is the name of the list.</summary>
    public static readonly RedisChannel Work = RedisChannel.Literal("work");

    /// <summary>Channel: predictions became final. The message is their ids, separated by commas.</summary>
    public static readonly RedisChannel Final = RedisChannel.Literal("done");
}
