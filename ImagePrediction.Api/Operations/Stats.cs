using System.Globalization;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ImagePrediction.Api.Operations;

/// <summary>Statistics of the last minutes for operators. Each query costs an index scan over them.</summary>
internal static class StatsQuery
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private const int MostRows = 20_000;
    private const int MostFailures = 10_000;

    // Under load the newest rows are representative, and the limit bounds the cost of a query.
    private static readonly string Recent = $"""
        WITH recent AS (
            SELECT status, worker, error_code, created_at, started_at, completed_at, inference_ms FROM predictions
            WHERE completed_at > now() - $1 ORDER BY completed_at DESC LIMIT {MostRows})
        """;

    /// <summary>Queries the newest predictions that became final within the last five minutes, and those in progress.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
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
        batch.BatchCommands.Add(new($"""
            {Recent}
            SELECT name, CASE WHEN seen_at > now() - $2 THEN 'running' WHEN seen_at IS NULL THEN 'stopped' ELSE 'lost' END AS state,
                started_at, seen_at, coalesce(done.count, 0), done.last
            FROM (SELECT * FROM workers WHERE seen_at > now() - $3) AS known
                FULL JOIN (SELECT worker AS name, count(*), max(completed_at) AS last FROM recent WHERE worker IS NOT NULL GROUP BY worker) AS done USING (name)
            ORDER BY CASE WHEN seen_at > now() - $2 THEN 0 WHEN seen_at IS NULL THEN 2 ELSE 1 END, seen_at < now() - $2, name LIMIT 100
            """)
        {
            Parameters = { new() { Value = Window }, new() { Value = WorkerPresence.LostAfter }, new() { Value = WorkerPresence.Memory } },
        });
        batch.BatchCommands.Add(InWindow("SELECT error_code, count(*) FROM recent WHERE error_code IS NOT NULL GROUP BY error_code ORDER BY count(*) DESC"));
        batch.BatchCommands.Add(new($"""
            SELECT error_code, count(*), max(completed_at) FROM (
                SELECT error_code, completed_at FROM predictions WHERE status = 'failed' ORDER BY id DESC LIMIT {MostFailures}) AS failed
            GROUP BY error_code ORDER BY count(*) DESC, error_code
            """));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);

        await reader.ReadAsync(cancellationToken);
        var processing = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var stats = new Stats(processing, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetTimeSpan(3),
            Percentiles(reader, 4), Percentiles(reader, 5), Percentiles(reader, 6), [], [], []);
        await reader.NextResultAsync(cancellationToken);
        List<WorkerStats> workers = [];
        while (await reader.ReadAsync(cancellationToken))
            workers.Add(WorkerOf(reader));
        await reader.NextResultAsync(cancellationToken);
        List<ErrorStats> errors = [];
        while (await reader.ReadAsync(cancellationToken))
            errors.Add(new(reader.GetString(0), reader.GetInt64(1)));
        await reader.NextResultAsync(cancellationToken);
        List<FailureStats> failures = [];
        while (await reader.ReadAsync(cancellationToken))
            failures.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetDateTime(2), ErrorCodes.MayRetryHelp(reader.GetString(0))));
        return stats with { Workers = workers, Errors = errors, Failures = failures };
    }

    private static WorkerStats WorkerOf(NpgsqlDataReader reader)
    {
        var (name, process) = reader.GetString(0).Split('/') is [var first, var second] && int.TryParse(second, CultureInfo.InvariantCulture, out var id)
            ? (first, id) : (reader.GetString(0), (int?)null);
        return new(name, process, reader.GetString(1), Time(2), Time(3), reader.GetInt64(4), Time(5));

        DateTime? Time(int column) => reader.IsDBNull(column) ? null : reader.GetDateTime(column);
    }

    private static NpgsqlBatchCommand InWindow(string select) => new($"{Recent} {select}") { Parameters = { new() { Value = Window } } };

    private static Percentiles? Percentiles(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null
        : reader.GetFieldValue<double?[]>(column) is [{ } p50, { } p95, { } p99] ? new(Math.Round(p50, 2), Math.Round(p95, 2), Math.Round(p99, 2)) : null;
}

/// <summary>Statistics of the last minutes.</summary>
/// <param name="Processing">Predictions that a worker holds now.</param>
/// <param name="Succeeded">Predictions that succeeded within the window.</param>
/// <param name="Failed">Predictions that failed within the window.</param>
/// <param name="Canceled">Predictions that were canceled within the window.</param>
/// <param name="Window">The period that the statistics cover: five minutes, or less under load.</param>
/// <param name="QueueMs">From acceptance to the beginning of decoding, in milliseconds.</param>
/// <param name="InferenceMs">Time spent in the model, in milliseconds.</param>
/// <param name="TotalMs">From acceptance to the answer, in milliseconds.</param>
/// <param name="Workers">Workers that are running, were lost, or finished something.</param>
/// <param name="Errors">Why predictions failed within the window.</param>
/// <param name="Failures">Why stored predictions failed, however old.</param>
public sealed record Stats(
    long Processing, long Succeeded, long Failed, long Canceled, TimeSpan Window,
    Percentiles? QueueMs, Percentiles? InferenceMs, Percentiles? TotalMs,
    IReadOnlyList<WorkerStats> Workers, IReadOnlyList<ErrorStats> Errors, IReadOnlyList<FailureStats> Failures);

/// <summary>Percentiles: p50, p95 and p99.</summary>
public sealed record Percentiles(double P50, double P95, double P99);

/// <summary>One worker process.</summary>
/// <param name="Name">Its name, as the Aspire dashboard shows it; the machine's name where it was not started by Aspire.</param>
/// <param name="ProcessId">Its process id; null if it is not known.</param>
/// <param name="State"><c>running</c>; <c>lost</c>: not heard from for 5 s; or <c>stopped</c> gracefully.</param>
/// <param name="StartedAt">When it was ready to take work; null once it has stopped.</param>
/// <param name="SeenAt">When it was last heard from; null once it has stopped.</param>
/// <param name="Completed">How many predictions it finished within the window.</param>
/// <param name="LastCompletedAt">When it finished the last of them; null if there is none.</param>
public sealed record WorkerStats(
    string Name, int? ProcessId, string State, DateTime? StartedAt, DateTime? SeenAt, long Completed, DateTime? LastCompletedAt);

/// <summary>How often predictions failed for one reason.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Count">How often.</param>
public sealed record ErrorStats(string Code, long Count);

/// <summary>How many stored predictions failed for one reason.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Count">How many.</param>
/// <param name="LastAt">When the last of them failed; UTC.</param>
/// <param name="MayRetryHelp">False if the image itself is at fault: the same bytes would fail again.</param>
public sealed record FailureStats(string Code, long Count, DateTime LastAt, bool MayRetryHelp);
