using ImagePrediction.Predictions;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>Recovers predictions whose worker was lost or hangs, or whose hint was lost. Every step is safe to repeat.</summary>
public sealed class RescueFlow(NpgsqlDataSource database, TaskQueue queue)
{
    /// <summary>A prediction fails at this many losses.</summary>
    public const int MaxLosses = 4;

    // A hint that is older than the oldest in its list by less than this may still be on its way there.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private const int PageSize = 1000;
    private const int MaxPages = 20;

    /// <summary>A recovery pass.</summary>
    /// <param name="At">When it began, by Postgres' clock; UTC.</param>
    /// <param name="MayJudge">Whether leases may count as expired.</param>
    public readonly record struct Pass(DateTime At, bool MayJudge);

    /// <summary>
    /// Begins a pass, or returns null if another instance began one less than <paramref name="interval"/> ago: the second one waits
    /// for the row's lock, then finds it updated. Leases do not count as expired within 10 s of Postgres' start, nor within 10 s
    /// after a gap of over 5 s between passes, or after Postgres' clock was set back: workers may have been unable to renew.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<Pass?> TryBeginPassAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            UPDATE recovery_passes SET last_pass_at = now(),
                judge_from = CASE WHEN now() - last_pass_at BETWEEN interval '0' AND interval '5 s' THEN judge_from ELSE now() + interval '10 s' END
            WHERE last_pass_at NOT BETWEEN now() - $1 AND now() + interval '1 s'
            RETURNING now(), judge_from <= now() AND now() - pg_postmaster_start_time() NOT BETWEEN interval '0' AND interval '10 s'
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = interval });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new Pass(reader.GetDateTime(0), reader.GetBoolean(1)) : null;
    }

    /// <summary>
    /// processing → queued with one more loss, with a hint on the suspects' list, or → failed at <see cref="MaxLosses"/>, with a notice
    /// to waiting clients; for up to 1,000 rows. Guard: their lease has expired, or ends so late that it was taken before Postgres' clock was
    /// set back, and was not renewed since. Locks: in id order. Returns the number of each.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public Task<(int Suspects, int Failed)> RescueExpiredAsync(CancellationToken cancellationToken) =>
        LoseAsync($"status = 'processing' AND {WorkerFlow.Reached("lease_until")} ORDER BY id LIMIT 1000", ErrorCodes.WorkerLost,
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
    /// so a hint that is over 5 s older than the one at its head is no longer in it. Hints from before Postgres' clock was set back lie far
    /// ahead: a list that begins with one is emptied, and their rows get new ones. Locks: skips locked rows.
    /// </summary>
    /// <param name="suspects">True for the suspects' list, false for the tasks' list.</param>
    /// <param name="now">When the pass began, by Postgres' clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    /// <exception cref="RedisException">Redis is unavailable: there is no list to push them to.</exception>
    public async Task<int> HintAgainAsync(bool suspects, DateTime now, CancellationToken cancellationToken)
    {
        var list = suspects ? RedisKeys.Suspects : RedisKeys.Tasks;
        var head = (await queue.PeekAsync(list))?.HintedAt ?? now;
        if (head > now + WorkerFlow.FarthestAhead)
            await queue.ClearAsync(list);
        var oldest = head < now ? head : now;
        return await HintAgainAsync(suspects, list, "hinted_at < $1", oldest - Margin, cancellationToken)
            + await HintAgainAsync(suspects, list, "hinted_at > $1", now + WorkerFlow.FarthestAhead, cancellationToken);
    }

    private async Task<int> HintAgainAsync(bool suspects, RedisKey list, string which, DateTime time, CancellationToken cancellationToken)
    {
        var restored = 0;
        for (var page = 0; page < MaxPages; page++)
        {
            var hints = await DateAgainAsync(suspects, which, time, cancellationToken);
            queue.Push(list, hints);
            restored += hints.Count;
            if (hints.Count < PageSize)
                break;
        }
        return restored;
    }

    private async Task<List<Hint>> DateAgainAsync(bool suspects, string which, DateTime time, CancellationToken cancellationToken)
    {
        // The condition on losses is a literal, since each variant has its own partial index.
        await using var command = database.CreateCommand($"""
            UPDATE predictions p SET hinted_at = now()
            FROM (SELECT id FROM predictions
                  WHERE status = 'queued' AND {which} AND {WorkerFlow.Reached("available_at")} AND losses {(suspects ? ">" : "=")} 0
                  ORDER BY hinted_at LIMIT {PageSize} FOR NO KEY UPDATE SKIP LOCKED) AS lost
            WHERE p.id = lost.id
            RETURNING p.id, p.hinted_at
            """);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = time });
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
