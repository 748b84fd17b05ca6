using Npgsql;

namespace ImagePrediction.Api.Queue;

/// <summary>What waits.</summary>
public sealed record QueueState
{
    /// <summary>How many parts the line is cut into by <see cref="Marks"/>.</summary>
    public const int Parts = 20;

    /// <summary>Nothing waits.</summary>
    public static readonly QueueState Empty = new() { Depth = 0, OldestAge = TimeSpan.Zero, Marks = [], DepthByOwner = new Dictionary<string, long>(), IsPaused = false };

    /// <summary>How many predictions.</summary>
    public required long Depth { get; init; }

    /// <summary>How long the oldest of them has waited; zero when there is none.</summary>
    public required TimeSpan OldestAge { get; init; }

    /// <summary>When the first, the last, and those at equal distances in between were hinted; empty when nothing waits.</summary>
    public required IReadOnlyList<DateTime> Marks { get; init; }

    /// <summary>How many of each API key; empty where it was not asked for.</summary>
    public required IReadOnlyDictionary<string, long> DepthByOwner { get; init; }

    /// <summary>Whether taking work is paused.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>About where in the line a prediction stands that was hinted at this moment; 1 is next.</summary>
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

    /// <summary>Counts what waits and finds where the line stands, by an index that holds nothing else.</summary>
    /// <param name="database">The connections that images take.</param>
    /// <param name="byOwner">Whether to count for each API key as well.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public static async Task<QueueState> LookAsync(NpgsqlDataSource database, bool byOwner, CancellationToken cancellationToken)
    {
        var state = await LookAtLineAsync(database, cancellationToken);
        return byOwner ? state with { DepthByOwner = await CountByOwnerAsync(database, cancellationToken) } : state;
    }

    private static async Task<QueueState> LookAtLineAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT count(*), coalesce(now() - min(created_at), '0'),
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
