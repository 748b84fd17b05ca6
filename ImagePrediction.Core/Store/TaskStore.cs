using ImagePrediction.Queue;
using Npgsql;

namespace ImagePrediction.Store;

/// <summary>
/// The worker's side of the store. Each transition is one statement that writes only under a valid claim
/// (id, attempt and still processing) and locks its rows in the order of their ids, so that none deadlocks another.
/// </summary>
public sealed class TaskStore(NpgsqlDataSource database)
{
    /// <summary>How long a claim holds without renewal.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    // The ids are the way in. Written so, the planner cannot take the index of all that is queued or processing instead,
    // which it would while its statistics are from a quieter minute: with 100,000 waiting, 30 ms a claim.
    private const string Queued = "status || '' = 'queued'";
    private const string Processing = "p.status || '' = 'processing'";

    /// <summary>queued → processing, for those of the ids that are waiting and due; the others are left out.</summary>
    /// <param name="ids">What the queue hinted at.</param>
    /// <param name="suspects">True takes only rows that lost a worker before, false only those that never did.</param>
    /// <param name="worker">Who claims, as <c>machine/pid</c>.</param>
    /// <param name="cancellationToken">Gives up waiting; the claim may have happened all the same.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<ClaimedTask>> ClaimAsync(
        Guid[] ids, bool suspects, string worker, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions p
            SET status = 'processing', attempt = attempt + 1, version = version + 1,
                lease_until = now() + $4, worker = $3
            FROM (SELECT id FROM predictions
                  WHERE id = ANY($1) AND {Queued} AND available_at <= now() AND (losses > 0) = $2
                  ORDER BY id FOR NO KEY UPDATE) AS due
            WHERE p.id = due.id
            RETURNING p.id, p.attempt, p.traceparent, now() - p.created_at, p.faults,
                p.image_width::bigint * p.image_height * CASE p.image_type WHEN 'image/avif' THEN 4 ELSE 1 END
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = suspects });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = worker });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ClaimedTask> claimed = new(ids.Length);
        while (await reader.ReadAsync(cancellationToken))
            claimed.Add(new(reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetTimeSpan(3), reader.GetInt32(4), reader.GetInt64(5)));
        return claimed;
    }

    /// <summary>Moves the leases on; returns the ids still held. Synchronous: it runs on a thread that nothing can starve.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public HashSet<Guid> Renew(IReadOnlyList<ClaimedTask> tasks)
    {
        using var command = database.CreateCommand($"""
            UPDATE predictions p SET lease_until = now() + $3
            FROM (SELECT p.id FROM predictions p JOIN unnest($1, $2) AS mine (id, attempt) USING (id, attempt)
                  WHERE {Processing} ORDER BY p.id FOR NO KEY UPDATE OF p) AS held
            WHERE p.id = held.id
            RETURNING p.id
            """);
        command.CommandTimeout = 3; // with the time to connect, still less than a lease
        AddClaims(command, tasks);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Lease });
        using var reader = command.ExecuteReader();
        HashSet<Guid> held = [];
        while (reader.Read())
            held.Add(reader.GetGuid(0));
        return held;
    }

    /// <summary>processing → succeeded | failed, for the claims still held; returns their ids.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<HashSet<Guid>> FinishAsync(IReadOnlyList<Outcome> outcomes)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions p
            SET status = CASE WHEN held.error_code IS NULL THEN 'succeeded' ELSE 'failed' END, version = version + 1,
                lease_until = NULL, completed_at = now(), started_at = now() - held.elapsed,
                inference_ms = held.inference_ms, model_name = held.model_name, model_version = held.model_version,
                threshold = held.threshold, contains_dog = held.contains_dog, confidence = held.confidence,
                detections = held.detections::jsonb, error_code = held.error_code, error_detail = held.error_detail
            FROM (SELECT o.* FROM predictions p
                      JOIN unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS o (id, attempt, elapsed, inference_ms,
                          model_name, model_version, threshold, contains_dog, confidence, detections, error_code, error_detail)
                      USING (id, attempt)
                  WHERE {Processing} ORDER BY p.id FOR NO KEY UPDATE OF p) AS held
            WHERE p.id = held.id
            RETURNING p.id
            """);
        AddClaims(command, [.. outcomes.Select(o => o.Task)]);
        Add(command, outcomes, o => o.Elapsed);
        Add(command, outcomes, o => o.Answer?.InferenceTime.TotalMilliseconds);
        Add(command, outcomes, o => o.Answer?.ModelName);
        Add(command, outcomes, o => o.Answer?.ModelVersion);
        Add(command, outcomes, o => o.Answer?.Threshold);
        Add(command, outcomes, o => o.Answer?.ContainsDog);
        Add(command, outcomes, o => o.Answer?.Confidence);
        Add(command, outcomes, o => o.Answer?.Detections);
        Add(command, outcomes, o => o.ErrorCode);
        Add(command, outcomes, o => o.ErrorDetail);
        await using var reader = await command.ExecuteReaderAsync();
        HashSet<Guid> finished = [];
        while (await reader.ReadAsync())
            finished.Add(reader.GetGuid(0));
        return finished;
    }

    /// <summary>
    /// processing → queued without a loss: handed back at once (no delay), or for later after a transient fault.
    /// Returns the hints to push for those handed back at once.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away; the leases run out instead.</exception>
    public async Task<IReadOnlyList<Hint>> HandBackAsync(
        IReadOnlyList<ClaimedTask> tasks, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions p
            SET status = 'queued', version = version + 1, lease_until = NULL, available_at = now() + $3,
                faults = faults + CASE WHEN $3 > interval '0' THEN 1 ELSE 0 END,
                hinted_at = CASE WHEN $3 > interval '0' OR losses > 0 THEN '-infinity' ELSE now() END
            FROM (SELECT p.id FROM predictions p JOIN unnest($1, $2) AS mine (id, attempt) USING (id, attempt)
                  WHERE {Processing} ORDER BY p.id FOR NO KEY UPDATE OF p) AS held
            WHERE p.id = held.id
            RETURNING p.id, p.hinted_at
            """);
        AddClaims(command, tasks);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = delay });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Hint> hints = [];
        while (await reader.ReadAsync(cancellationToken))
            if (reader.GetDateTime(1) != DateTime.MinValue)
                hints.Add(new(reader.GetGuid(0), reader.GetDateTime(1)));
        return hints;
    }

    private static void AddClaims(NpgsqlCommand command, IReadOnlyList<ClaimedTask> tasks)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. tasks.Select(task => task.Id)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. tasks.Select(task => task.Attempt)] });
    }

    private static void Add<T>(NpgsqlCommand command, IReadOnlyList<Outcome> outcomes, Func<Outcome, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. outcomes.Select(value)] });
}
