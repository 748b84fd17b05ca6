using Npgsql;

namespace ImagePrediction.Api.Queue;

/// <summary>The state of the queue.</summary>
public sealed record QueueState
{
    /// <summary>Number of parts that <see cref="Marks"/> divide the queue into.</summary>
    public const int Parts = 20;

    /// <summary>An empty queue.</summary>
    public static readonly QueueState Empty = new() { Depth = 0, OldestAge = TimeSpan.Zero, Marks = [], DepthByOwner = new Dictionary<string, long>(), IsPaused = false };

    /// <summary>Number of queued predictions.</summary>
    public required long Depth { get; init; }

    /// <summary>How long the oldest of them has waited; zero when there is none.</summary>
    public required TimeSpan OldestAge { get; init; }

    /// <summary>Hint times of the first and last prediction, and of those at equal distances in between; empty if nothing is queued.</summary>
    public required IReadOnlyList<DateTime> Marks { get; init; }

    /// <summary>Number per API key; empty if not requested.</summary>
    public required IReadOnlyDictionary<string, long> DepthByOwner { get; init; }

    /// <summary>Whether work is paused.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>The approximate position of a prediction with this hint time; 1 is next.</summary>
    public long PositionOf(DateTime hintedAt)
    {
        var passed = 0;
        while (passed < Marks.Count && Marks[passed] <= hintedAt)
            passed++;
        if (passed == 0)
            return 1;
        if (passed == Marks.Count)
            return hintedAt > Marks[^1] ? Depth + 1 : Depth;
        var (from, to) = (Marks[passed - 1], Marks[passed]);
        var within = (hintedAt - from) / (to - from);
        return 1 + (long)((passed - 1 + within) / Parts * (Depth - 1));
    }

    /// <summary>Counts queued predictions and reads the marks, by an index that contains only queued predictions.</summary>
    /// <param name="database">The connections of image processing.</param>
    /// <param name="byOwner">Whether to count per API key as well.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public static async Task<QueueState> LookAsync(NpgsqlDataSource database, bool byOwner, CancellationToken cancellationToken)
    {
        var state = await LookAtLineAsync(database, cancellationToken);
        return byOwner ? state with { DepthByOwner = await CountByOwnerAsync(database, cancellationToken) } : state;
    }

    private static async Task<QueueState> LookAtLineAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT count(*), greatest(now() - min(created_at), '0'),
                coalesce(percentile_disc((SELECT array_agg(part / {Parts}.0) FROM generate_series(0, {Parts}) part))
                    WITHIN GROUP (ORDER BY hinted_at), ARRAY[]::timestamptz[]),
                EXISTS (SELECT FROM queue_pause)
            FROM predictions WHERE status = 'queued'
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Empty with
        {
            Depth = reader.GetInt64(0),
            OldestAge = reader.GetTimeSpan(1),
            Marks = reader.GetFieldValue<DateTime[]>(2),
            IsPaused = reader.GetBoolean(3),
        };
    }

    private static async Task<IReadOnlyDictionary<string, long>> CountByOwnerAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT owner, count(*) FROM predictions WHERE status = 'queued' GROUP BY owner");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, long> counts = [];
        while (await reader.ReadAsync(cancellationToken))
            counts[reader.GetString(0)] = reader.GetInt64(1);
        return counts;
    }
}
