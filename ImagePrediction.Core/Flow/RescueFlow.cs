using ImagePrediction.Predictions;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>Recovers predictions whose worker was lost or hangs, or whose hint was lost. Every step is safe to repeat.</summary>
public sealed class RescueFlow(NpgsqlDataSource database, TaskQueue queue)
{
    /// <summary>A prediction fails at this many losses.</summary>
    public const int MaxLosses = 4;

    private const int PageSize = 1000;
    private const int MaxPages = 20;

    /// <summary>
    /// Begins a pass, or returns null if another instance began one less than <paramref name="interval"/> ago: the second one waits
    /// for the row's lock, then finds it updated. True if leases may count as expired: not within 10 s of Postgres' start, nor within
    /// 10 s after a gap of over 5 s between passes, since workers may have been unable to renew.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<bool?> TryBeginPassAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            UPDATE recovery_passes SET last_pass_at = now(),
                judge_from = CASE WHEN now() - last_pass_at > interval '5 s' THEN now() + interval '10 s' ELSE judge_from END
            WHERE last_pass_at <= now() - $1
            RETURNING judge_from <= now() AND now() - pg_postmaster_start_time() NOT BETWEEN interval '0' AND interval '10 s'
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = interval });
        return (bool?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>
    /// If Postgres' clock was set back since the last pass, the times that it wrote before lie in the future, and what was queued, put off or
    /// leased would wait until the clock has caught up. This sets those times back by as much, and empties the lists, whose hints
    /// have the old times; the next passes push them again. Returns by how much, or null if the clock was not set back by over a second.
    /// Guard: the last pass lies in the future. Locks: its row, then predictions in id order.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable; nothing was changed.</exception>
    /// <exception cref="RedisException">Redis is unavailable; nothing was changed.</exception>
    public async Task<TimeSpan?> SetTimesBackAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var look = new NpgsqlCommand(
            "SELECT last_pass_at - now() FROM recovery_passes WHERE last_pass_at > now() + interval '1 s' FOR UPDATE", connection, transaction);
        if (await look.ExecuteScalarAsync(cancellationToken) is not TimeSpan ahead)
            return null;
        await queue.ClearAsync();
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new("""
            UPDATE predictions p SET hinted_at = hinted_at - $1, available_at = available_at - $1
            FROM (SELECT id FROM predictions WHERE status = 'queued' AND (hinted_at > now() OR available_at > now())
                  ORDER BY id FOR NO KEY UPDATE) AS early
            WHERE p.id = early.id
            """) { Parameters = { new() { Value = ahead } } });
        batch.BatchCommands.Add(new("""
            UPDATE predictions p SET lease_until = now() + $1
            FROM (SELECT id FROM predictions WHERE status = 'processing' AND lease_until > now() + $1 ORDER BY id FOR NO KEY UPDATE) AS overlong
            WHERE p.id = overlong.id
            """) { Parameters = { new() { Value = WorkerFlow.Lease } } });
        batch.BatchCommands.Add(new("UPDATE webhook_deliveries SET next_at = next_at - $1 WHERE next_at > now()") { Parameters = { new() { Value = ahead } } });
        batch.BatchCommands.Add(new("UPDATE recovery_passes SET last_pass_at = now(), judge_from = now() + interval '10 s'"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ahead;
    }

    /// <summary>
    /// processing → queued with one more loss, with a hint on the suspects' list, or → failed at <see cref="MaxLosses"/>, with a notice
    /// to waiting clients; for up to 1,000 rows. Guard: their lease has expired. Locks: in id order. Returns the number of each.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public Task<(int Suspects, int Failed)> RescueExpiredAsync(CancellationToken cancellationToken) =>
        LoseAsync("status = 'processing' AND lease_until < now() ORDER BY id LIMIT 1000", ErrorCodes.WorkerLost,
            "Every worker that processed this image died while doing so.", [], cancellationToken);

    /// <summary>The same for one claim whose task hangs. Guard: it is still held. Its worker counts the loss before it terminates itself.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable; the lease expires instead.</exception>
    public Task<(int Suspects, int Failed)> RescueHungAsync(ClaimedTask task, CancellationToken cancellationToken) =>
        LoseAsync("status = 'processing' AND id = $4 AND attempt = $5", ErrorCodes.TimedOut,
            "Processing this image exceeded the time limit repeatedly.",
            [new NpgsqlParameter<Guid> { TypedValue = task.Id }, new NpgsqlParameter<int> { TypedValue = task.Attempt }],
            cancellationToken);

    /// <summary>
    /// Pushes new hints for queued rows that are due and whose hint is lost, oldest first; returns how many. A list is first in, first out,
    /// so a hint that is over 5 s older than the one at its head is no longer in it. Locks: skips locked rows.
    /// </summary>
    /// <param name="suspects">True for the suspects' list, false for the tasks' list.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    /// <exception cref="RedisException">Redis is unavailable: there is no list to push them to.</exception>
    public async Task<int> HintAgainAsync(bool suspects, CancellationToken cancellationToken)
    {
        var list = suspects ? RedisKeys.Suspects : RedisKeys.Tasks;
        var head = await queue.PeekAsync(list);
        var restored = 0;
        for (var page = 0; page < MaxPages; page++)
        {
            var hints = await DateAgainAsync(suspects, head?.HintedAt, cancellationToken);
            queue.Push(list, hints);
            restored += hints.Count;
            if (hints.Count < PageSize)
                break;
        }
        return restored;
    }

    private async Task<List<Hint>> DateAgainAsync(bool suspects, DateTime? head, CancellationToken cancellationToken)
    {
        // The condition on losses is a literal, since each variant has its own partial index.
        await using var command = database.CreateCommand($"""
            UPDATE predictions p SET hinted_at = now()
            FROM (SELECT id FROM predictions
                  WHERE status = 'queued' AND hinted_at < coalesce($1, now()) - interval '5 s'
                    AND available_at <= now() AND losses {(suspects ? ">" : "=")} 0
                  ORDER BY hinted_at LIMIT {PageSize} FOR NO KEY UPDATE SKIP LOCKED) AS lost
            WHERE p.id = lost.id
            RETURNING p.id, p.hinted_at
            """);
        command.Parameters.Add(new() { Value = (object?)head ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        var hints = await command.ReadHintsAsync(cancellationToken);
        hints.Sort((a, b) => a.Id.CompareTo(b.Id));
        return hints;
    }

    private async Task<(int Suspects, int Failed)> LoseAsync(
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
        List<Hint> suspects = [];
        List<Guid> failed = [];
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.GetBoolean(2))
                    failed.Add(reader.GetGuid(0));
                else
                    suspects.Add(new(reader.GetGuid(0), reader.GetDateTime(1)));
            }
        queue.Push(RedisKeys.Suspects, suspects);
        queue.TellFinal(failed);
        return (suspects.Count, failed.Count);
    }
}
