using ImagePrediction.Queue;
using Npgsql;

namespace ImagePrediction.Store;

/// <summary>What the recovery pass and the watchdog do to rows whose worker is lost or whose hint is.</summary>
public sealed class RecoveryStore(NpgsqlDataSource database)
{
    /// <summary>So many losses fail a prediction.</summary>
    public const int MaxLosses = 4;

    // The clock of a pass is shared by all instances: whoever comes second waits for the row's lock, then finds it moved.
    private const string BeginPass = """
        UPDATE recovery_passes SET last_pass_at = now(),
            judge_from = CASE WHEN now() - last_pass_at > interval '5 s' THEN now() + interval '10 s' ELSE judge_from END
        WHERE last_pass_at <= now() - $1
        RETURNING judge_from <= now() AND pg_postmaster_start_time() <= now() - interval '10 s'
        """;

    /// <summary>
    /// Begins a pass unless another instance began one less than <paramref name="interval"/> ago (then null).
    /// True when leases may be judged: not within 10 s of Postgres' start, nor within 10 s after a gap of over 5 s
    /// between passes, since workers may have been unable to renew.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<bool?> TryBeginPassAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(BeginPass);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = interval });
        return (bool?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>
    /// processing → queued with one loss more, or → failed at <see cref="MaxLosses"/>, for up to 1,000 leases that ran
    /// out. Returns the hints for the suspects' list and the ids that failed.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public Task<(IReadOnlyList<Hint> Suspects, IReadOnlyList<Guid> Failed)> TakeExpiredAsync(CancellationToken cancellationToken) =>
        LoseAsync("status = 'processing' AND lease_until < now() ORDER BY id LIMIT 1000", ErrorCodes.WorkerLost,
            "Every worker that took this image was lost while it worked on it.", [], cancellationToken);

    /// <summary>The same for one claim whose task hung: its worker counts the loss before it ends itself.</summary>
    /// <exception cref="NpgsqlException">The database is away; the lease runs out instead.</exception>
    public Task<(IReadOnlyList<Hint> Suspects, IReadOnlyList<Guid> Failed)> TakeHungAsync(
        ClaimedTask task, CancellationToken cancellationToken) =>
        LoseAsync("status = 'processing' AND id = $4 AND attempt = $5", ErrorCodes.TimedOut,
            "The image took longer than a task may take, again and again.",
            [new NpgsqlParameter<Guid> { TypedValue = task.Id }, new NpgsqlParameter<int> { TypedValue = task.Attempt }],
            cancellationToken);

    /// <summary>
    /// Finds up to <paramref name="limit"/> due rows whose hint was lost, oldest first, and dates a new hint for each.
    /// A list is first in, first out: whatever was hinted 5 s before the hint at its head is no longer in it.
    /// </summary>
    /// <param name="suspects">Whether rows of the suspects' list are meant.</param>
    /// <param name="head">The hint time at the head of that list, or null when it is empty.</param>
    /// <param name="limit">The size of a page.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<Hint>> HintAgainAsync(
        bool suspects, DateTime? head, int limit, CancellationToken cancellationToken)
    {
        // The condition on losses is written out, since each of the two has an index of its own.
        await using var command = database.CreateCommand($"""
            UPDATE predictions p SET hinted_at = now()
            FROM (SELECT id FROM predictions
                  WHERE status = 'queued' AND hinted_at < coalesce($1, now()) - interval '5 s'
                    AND available_at <= now() AND losses {(suspects ? ">" : "=")} 0
                  ORDER BY hinted_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) AS lost
            WHERE p.id = lost.id
            RETURNING p.id, p.hinted_at
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)head ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Hint> hints = [];
        while (await reader.ReadAsync(cancellationToken))
            hints.Add(new(reader.GetGuid(0), reader.GetDateTime(1)));
        hints.Sort((a, b) => a.Id.CompareTo(b.Id));
        return hints;
    }

    private async Task<(IReadOnlyList<Hint>, IReadOnlyList<Guid>)> LoseAsync(
        string which, string errorCode, string errorDetail, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions p
            SET losses = losses + 1, version = version + 1, lease_until = NULL, hinted_at = now(),
                status = CASE WHEN losses + 1 < $1 THEN 'queued' ELSE 'failed' END,
                completed_at = CASE WHEN losses + 1 < $1 THEN NULL ELSE now() END,
                error_code = CASE WHEN losses + 1 < $1 THEN NULL ELSE $2 END,
                error_detail = CASE WHEN losses + 1 < $1 THEN NULL ELSE $3 END
            FROM (SELECT id FROM predictions WHERE {which} FOR NO KEY UPDATE) AS lost
            WHERE p.id = lost.id
            RETURNING p.id, p.hinted_at, p.status = 'failed'
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MaxLosses });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = errorCode });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = errorDetail });
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Hint> suspects = [];
        List<Guid> failed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetBoolean(2))
                failed.Add(reader.GetGuid(0));
            else
                suspects.Add(new(reader.GetGuid(0), reader.GetDateTime(1)));
        }
        return (suspects, failed);
    }
}
