using System.Text.Json;
using ImagePrediction.Predictions;
using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// State transitions on behalf of a worker: claim, renew, finish, hand back. After the claim, each statement matches only rows that are
/// still processing with the claim's id and attempt, so a worker that lost its lease without noticing writes nothing. Rows are locked in
/// id order, to prevent deadlocks.
/// </summary>
public sealed class WorkerFlow(NpgsqlDataSource database, TaskQueue queue)
{
    /// <summary>How long a claim lasts without renewal.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    // Makes the planner find rows by id: written so, it cannot use the partial index of all queued or processing rows, which it would
    // choose while its statistics are from a quieter minute. With 100,000 rows waiting, that index costs 30 ms per claim.
    private const string Queued = "status || '' = 'queued'";

    /// <summary>No lease or delay is longer: what lies farther ahead was written before Postgres' clock was set back.</summary>
    internal static readonly TimeSpan FarthestAhead = TimeSpan.FromMinutes(2);

    /// <summary>The SQL condition that a time is reached, or that waiting for it would be waiting for a clock to catch up.</summary>
    internal static string Reached(string time) => $"({time} <= now() OR {time} > now() + interval '{FarthestAhead}')";

    private const string Held = """
        FROM (SELECT p.id FROM predictions p JOIN unnest($1, $2) AS mine (id, attempt) USING (id, attempt)
              WHERE p.status || '' = 'processing' ORDER BY p.id FOR NO KEY UPDATE OF p) AS held
        WHERE p.id = held.id
        """;

    /// <summary>
    /// queued → processing, for the hints whose rows are still queued and due; the others are left out. Guard: their state, and losses: a
    /// suspect is never claimed along with other rows. Null while work is paused: then nothing is claimed, and the hints are put back at
    /// the head of their list.
    /// </summary>
    /// <param name="hints">Hints taken from the queue; several for the same row count as one.</param>
    /// <param name="suspects">True to claim only rows that lost a worker before, false to claim only those that never did.</param>
    /// <param name="worker">The claiming worker, as <c>name/process</c>.</param>
    /// <exception cref="NpgsqlException">The database is unavailable; the rows may have been claimed nevertheless.</exception>
    public async Task<IReadOnlyList<ClaimedTask>?> ClaimAsync(IReadOnlyList<Hint> hints, bool suspects, string worker)
    {
        await using var command = database.CreateCommand($"""
            WITH claimed AS (
                UPDATE predictions p
                SET status = 'processing', attempt = attempt + 1, version = version + 1,
                    lease_until = now() + $4, worker = $3
                FROM (SELECT id FROM predictions
                      WHERE id = ANY($1) AND {Queued} AND {Reached("available_at")} AND (losses > 0) = $2
                          AND NOT EXISTS (SELECT FROM queue_pause)
                      ORDER BY id FOR NO KEY UPDATE) AS due
                WHERE p.id = due.id
                RETURNING p.id, p.attempt, p.traceparent, greatest(now() - p.created_at, '0'), p.faults,
                    p.image_width::bigint * p.image_height * CASE WHEN p.image_type IN ('image/avif', 'image/tiff') THEN 4 ELSE 1 END)
            SELECT * FROM claimed
            UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL FROM queue_pause
            """);
        command.AddArray(hints, hint => hint.Id);
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = suspects });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = worker });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Lease });
        List<ClaimedTask> claimed = new(hints.Count);
        var isPaused = false;
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                if (reader.IsDBNull(0))
                    isPaused = true;
                else
                    claimed.Add(new(reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                        reader.GetTimeSpan(3), reader.GetInt32(4), reader.GetInt64(5)));
        if (!isPaused)
            return claimed;
        queue.PutBack(suspects ? RedisKeys.Suspects : RedisKeys.Tasks, hints);
        return null;
    }

    /// <summary>Extends the leases; returns the ids still held. Synchronous, since it runs on a thread that nothing can starve.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public HashSet<Guid> Renew(IReadOnlyList<ClaimedTask> tasks)
    {
        using var command = database.CreateCommand($"UPDATE predictions p SET lease_until = now() + $3 {Held} RETURNING p.id");
        command.CommandTimeout = 3; // plus the time to connect, still less than a lease
        command.AddClaims(tasks);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Lease });
        using var reader = command.ExecuteReader();
        HashSet<Guid> held = [];
        while (reader.Read())
            held.Add(reader.GetGuid(0));
        return held;
    }

    /// <summary>processing → succeeded | failed, for the claims still held; returns their ids. Waiting clients are notified.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<HashSet<Guid>> FinishAsync(IReadOnlyList<Outcome> outcomes)
    {
        await using var command = database.CreateCommand("""
            UPDATE predictions p
            SET status = CASE WHEN held.error_code IS NULL THEN 'succeeded' ELSE 'failed' END, version = version + 1,
                lease_until = NULL, completed_at = now(), started_at = now() - held.elapsed,
                inference_ms = held.inference_ms, model_name = held.model_name, model_version = held.model_version,
                threshold = held.threshold, contains_dog = held.contains_dog, confidence = held.confidence,
                detections = held.detections::jsonb,
                below_threshold = held.below_threshold::jsonb, error_code = held.error_code, error_detail = held.error_detail
            FROM (SELECT o.* FROM predictions p
                      JOIN unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS o (id, attempt, elapsed, inference_ms,
                          model_name, model_version, threshold, contains_dog, confidence, detections, below_threshold, error_code, error_detail)
                      USING (id, attempt)
                  WHERE p.status || '' = 'processing' ORDER BY p.id FOR NO KEY UPDATE OF p) AS held
            WHERE p.id = held.id
            RETURNING p.id
            """);
        command.AddClaims([.. outcomes.Select(o => o.Task)]);
        command.AddArray(outcomes, o => o.Elapsed);
        command.AddArray(outcomes, o => o.Answer?.InferenceTime.TotalMilliseconds);
        command.AddArray(outcomes, o => o.Answer?.ModelName);
        command.AddArray(outcomes, o => o.Answer?.ModelVersion);
        command.AddArray(outcomes, o => o.Answer?.Threshold);
        command.AddArray(outcomes, o => o.Answer?.ContainsDog);
        command.AddArray(outcomes, o => o.Answer?.Confidence);
        command.AddArray(outcomes, o => JsonOf(o.Answer?.Detections));
        command.AddArray(outcomes, o => JsonOf(o.Answer?.BelowThreshold));
        command.AddArray(outcomes, o => o.ErrorCode);
        command.AddArray(outcomes, o => o.ErrorDetail);
        HashSet<Guid> finished = [];
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                finished.Add(reader.GetGuid(0));
        queue.TellFinal(finished);
        return finished;
    }

    private static string? JsonOf(IReadOnlyList<Detection>? found) => found is null ? null : JsonSerializer.Serialize(found, DetectionJson.Default.IReadOnlyListDetection);

    /// <summary>
    /// processing → queued without a loss, for the claims still held: at once, with a new hint, or after a delay of up to 1 min, for a transient fault.
    /// Delayed rows, once due, and suspects in either case get their hint from the next pass of <see cref="RescueFlow"/>.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable; the leases expire instead.</exception>
    public async Task HandBackAsync(IReadOnlyList<ClaimedTask> tasks, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions p
            SET status = 'queued', version = version + 1, lease_until = NULL, available_at = now() + $3,
                faults = faults + CASE WHEN $3 > interval '0' THEN 1 ELSE 0 END,
                hinted_at = CASE WHEN $3 > interval '0' OR losses > 0 THEN '-infinity' ELSE now() END
            {Held}
            RETURNING p.id, p.hinted_at
            """);
        command.AddClaims(tasks);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = delay });
        queue.Push(RedisKeys.Tasks, await command.ReadHintsAsync(cancellationToken));
    }
}
