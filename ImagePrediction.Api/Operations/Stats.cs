using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ImagePrediction.Api.Operations;

/// <summary>What an operator wants to know of the last minutes. Each answer costs an index scan over them.</summary>
internal static class StatsQuery
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private const int MostRows = 20_000;

    // Under load the newest of them tell as much, and a look costs the same whatever the load.
    private static readonly string Recent = $"""
        WITH recent AS (
            SELECT status, worker, error_code, created_at, started_at, completed_at, inference_ms FROM predictions
            WHERE completed_at > now() - $1 ORDER BY completed_at DESC LIMIT {MostRows})
        """;

    /// <summary>Looks at the newest predictions that became final within the last five minutes, and at what is worked on.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public static async Task<Stats> LookAsync(PredictionsContext database, CancellationToken cancellationToken)
    {
        await database.Database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch((NpgsqlConnection)database.Database.GetDbConnection());
        batch.BatchCommands.Add(new("SELECT count(*) FROM predictions WHERE status = 'processing'"));
        batch.BatchCommands.Add(InWindow($"""
            SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'canceled'),
                CASE WHEN count(*) < {MostRows} THEN $1 ELSE now() - min(completed_at) END,
                percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at) * 1000),
                percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY inference_ms),
                percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at) * 1000)
                    FILTER (WHERE status <> 'canceled')
            FROM recent
            """));
        batch.BatchCommands.Add(InWindow("SELECT worker, count(*), max(completed_at) FROM recent WHERE worker IS NOT NULL GROUP BY worker ORDER BY worker LIMIT 100"));
        batch.BatchCommands.Add(InWindow("SELECT error_code, count(*) FROM recent WHERE error_code IS NOT NULL GROUP BY error_code ORDER BY count(*) DESC"));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);

        await reader.ReadAsync(cancellationToken);
        var processing = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var stats = new Stats(processing, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetTimeSpan(3),
            Percentiles(reader, 4), Percentiles(reader, 5), Percentiles(reader, 6), [], []);
        await reader.NextResultAsync(cancellationToken);
        List<WorkerStats> workers = [];
        while (await reader.ReadAsync(cancellationToken))
            workers.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetDateTime(2)));
        await reader.NextResultAsync(cancellationToken);
        List<ErrorStats> errors = [];
        while (await reader.ReadAsync(cancellationToken))
            errors.Add(new(reader.GetString(0), reader.GetInt64(1)));
        return stats with { Workers = workers, Errors = errors };
    }

    private static NpgsqlBatchCommand InWindow(string select) => new($"{Recent} {select}") { Parameters = { new() { Value = Window } } };

    private static Percentiles? Percentiles(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null
        : reader.GetFieldValue<double?[]>(column) is [{ } p50, { } p95, { } p99] ? new(Math.Round(p50, 2), Math.Round(p95, 2), Math.Round(p99, 2)) : null;
}

/// <summary>Figures of the last minutes.</summary>
/// <param name="Processing">Predictions that a worker holds now.</param>
/// <param name="Succeeded">Predictions that succeeded within the window.</param>
/// <param name="Failed">Predictions that failed within the window.</param>
/// <param name="Canceled">Predictions that were canceled within the window.</param>
/// <param name="Window">How far the figures reach back: five minutes, or less under load.</param>
/// <param name="QueueMs">From acceptance to the beginning of decoding, in milliseconds.</param>
/// <param name="InferenceMs">In the model, in milliseconds.</param>
/// <param name="TotalMs">From acceptance to the answer, in milliseconds.</param>
/// <param name="Workers">Who finished something.</param>
/// <param name="Errors">Why predictions failed.</param>
public sealed record Stats(
    long Processing, long Succeeded, long Failed, long Canceled, TimeSpan Window,
    Percentiles? QueueMs, Percentiles? InferenceMs, Percentiles? TotalMs,
    IReadOnlyList<WorkerStats> Workers, IReadOnlyList<ErrorStats> Errors);

/// <summary>Percentiles: p50, p95 and p99.</summary>
public sealed record Percentiles(double P50, double P95, double P99);

/// <summary>What one worker did within the window.</summary>
/// <param name="Name">The worker, as <c>machine/pid</c>.</param>
/// <param name="Completed">How many predictions it finished.</param>
/// <param name="LastCompletedAt">When it finished the last of them; UTC.</param>
public sealed record WorkerStats(string Name, long Completed, DateTime LastCompletedAt);

/// <summary>How often predictions failed for one reason.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Count">How often.</param>
public sealed record ErrorStats(string Code, long Count);
