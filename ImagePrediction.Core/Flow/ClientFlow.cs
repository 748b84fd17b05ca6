using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// State transitions on behalf of clients, or of retention: accept, cancel, retry, delete. Each commits one guarded statement,
/// then pushes the hint to the workers or the notice to waiting clients. Nothing here depends on Redis: a lost hint is
/// restored by <see cref="RescueFlow"/>, and waiting clients read the row again.
/// </summary>
public sealed class ClientFlow
{
    private const string Insert = """
        INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, traceparent,
            image_bytes, image_type, image_width, image_height, owner, webhook_url, reference, file_name, version, created_at)
        SELECT id, 'queued', 0, 0, 0, now(), now(), traceparent, bytes, type, width, height, owner, webhook_url, reference, file_name, 1, now()
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS new (id, traceparent, bytes, type, width, height, owner, webhook_url, reference, file_name)
        """;

    private const string InsertWithKeys = $"""
        WITH taken AS (
            INSERT INTO idempotency_keys (owner, key, hash, prediction_id, created_at)
            SELECT scope, key, hash, id, now() FROM unnest($1, $11, $12, $13) AS new (id, scope, key, hash)
            WHERE key IS NOT NULL ORDER BY scope, key
            ON CONFLICT DO NOTHING
            RETURNING prediction_id),
        keyed AS (SELECT id FROM unnest($1, $12) AS new (id, key) WHERE key IS NOT NULL)
        {Insert}
        WHERE id NOT IN (SELECT id FROM keyed) OR id IN (SELECT prediction_id FROM taken)
        """;

    private const string Retry = """
        UPDATE predictions
        SET status = 'queued', version = version + 1, losses = 0, faults = 0, available_at = now(), hinted_at = now(),
            error_code = NULL, error_detail = NULL, started_at = NULL, completed_at = NULL
        """;

    private readonly NpgsqlDataSource _database;
    private readonly TaskQueue _queue;
    private readonly Batcher<NewPrediction, DateTime?> _accepted;

    /// <summary>Creates the flow; one per API instance.</summary>
    public ClientFlow(NpgsqlDataSource database, TaskQueue queue)
    {
        (_database, _queue) = (database, queue);
        // Two at once: the next batch is sent while the disk syncs the previous one.
        _accepted = new(AcceptAsync, concurrency: 2);
    }

    /// <summary>
    /// → queued. Guard: its idempotency key, if it has one, was not used before. Locks: keys in sort order. Calls that arrive during a
    /// commit share the next one. Returns the creation time of the row, which is then durable and hinted, or null if its key
    /// was used before.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable; the row may exist nevertheless.</exception>
    public Task<DateTime?> AcceptAsync(NewPrediction prediction) => _accepted.RunAsync(prediction);

    /// <summary>Opens a connection and runs the code of an insert, with no row, so that the first client does not wait for that.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public Task AcceptNothingAsync() => AcceptAsync([]);

    /// <summary>
    /// queued | processing → canceled. Guard: its state; a worker that is processing it finds no row to write to. Waiting clients are
    /// notified. Runs to completion once started. Null if the row is already final, or unknown.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<Prediction?> CancelAsync(Guid id)
    {
        var canceled = await ChangeAsync(id, """
            UPDATE predictions
            SET status = 'canceled', version = version + 1, completed_at = now(), lease_until = NULL
            WHERE id = $1 AND status IN ('queued', 'processing')
            """);
        if (canceled is not null)
            _queue.TellFinal([id]);
        return canceled;
    }

    /// <summary>
    /// failed → queued, as if just accepted, except that id, attempts and age are kept. Guard: its state. The hint is pushed when this
    /// returns. Runs to completion once started. Null if the row is not failed, or unknown.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<Prediction?> RetryAsync(Guid id)
    {
        var queued = await ChangeAsync(id, $"{Retry} WHERE id = $1 AND status = 'failed'");
        if (queued is not null)
            _queue.Push(RedisKeys.Tasks, [new(id, queued.HintedAt)]);
        return queued;
    }

    /// <summary>
    /// failed → queued like <see cref="RetryAsync"/>, for up to <paramref name="limit"/> rows that failed with <paramref name="errorCode"/>,
    /// oldest first; returns how many. Guard: their state. Locks: in id order, skipping locked rows. Runs to completion once
    /// started.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<int> RetryManyAsync(string errorCode, int limit)
    {
        await using var command = _database.CreateCommand($"""
            {Retry}
            FROM (SELECT id FROM predictions WHERE status = 'failed' AND error_code = $1
                  ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) AS failed
            WHERE predictions.id = failed.id
            RETURNING predictions.id, predictions.hinted_at
            """);
        command.Parameters.Add(new() { Value = errorCode });
        command.Parameters.Add(new() { Value = limit });
        var hints = await command.ReadHintsAsync(CancellationToken.None);
        _queue.Push(RedisKeys.Tasks, hints.OrderBy(hint => hint.Id));
        return hints.Count;
    }

    /// <summary>
    /// Any state → gone, with its webhook deliveries. Guard: the row's lock; a worker that is processing it finds no row to write
    /// to. Clients waiting for one that was not final are notified. Runs to completion once started, since its image must be deleted
    /// next. False if the prediction is unknown.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable; the row may be deleted nevertheless.</exception>
    public async Task<bool> DeleteAsync(Guid id)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var row = new NpgsqlCommand("DELETE FROM predictions WHERE id = $1 RETURNING status", connection);
        row.Parameters.Add(new() { Value = id });
        if (await row.ExecuteScalarAsync() is not string status)
            return false;
        // A separate statement, so that it sees a delivery inserted while the first one waited for the row's lock.
        await using var deliveries = new NpgsqlCommand("DELETE FROM webhook_deliveries WHERE prediction_id = $1", connection);
        deliveries.Parameters.Add(new() { Value = id });
        await deliveries.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        if (status is "queued" or "processing")
            _queue.TellFinal([id]);
        return true;
    }

    /// <summary>
    /// Final → gone, for up to <paramref name="limit"/> rows that have been final for <paramref name="age"/>; returns their ids, whose images
    /// must be deleted next. Guard: their completion time. Locks: skipping locked rows. No client waits for them.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<IReadOnlyList<Guid>> DeleteFinalAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        // By the database's clock: the time in an id is that of an API instance, whose clock may be wrong.
        await using var command = _database.CreateCommand("""
            DELETE FROM predictions WHERE id IN (
                SELECT id FROM predictions WHERE completed_at < now() - $1 ORDER BY completed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """);
        command.Parameters.Add(new() { Value = age });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> deleted = [];
        while (await reader.ReadAsync(cancellationToken))
            deleted.Add(reader.GetGuid(0));
        return deleted;
    }

    /// <summary>Inserts the rows atomically, except those whose key was used before. All share one creation time, also that of their hints.</summary>
    private async Task<IReadOnlyList<DateTime?>> AcceptAsync(IReadOnlyList<NewPrediction> batch)
    {
        var withKeys = batch.Any(p => p.Key is not null);
        await using var command = _database.CreateCommand($"{(withKeys ? InsertWithKeys : Insert)} RETURNING id, created_at");
        command.AddArray(batch, p => p.Id);
        command.AddArray(batch, p => p.Traceparent);
        command.AddArray(batch, p => p.ImageBytes);
        command.AddArray(batch, p => p.ImageType);
        command.AddArray(batch, p => p.ImageWidth);
        command.AddArray(batch, p => p.ImageHeight);
        command.AddArray(batch, p => p.Owner);
        command.AddArray(batch, p => p.WebhookUrl);
        command.AddArray(batch, p => p.Reference);
        command.AddArray(batch, p => p.FileName);
        if (withKeys)
        {
            command.AddArray(batch, p => p.Key?.Scope);
            command.AddArray(batch, p => p.Key?.Key);
            command.AddArray(batch, p => p.Key?.ImageHash);
        }
        var made = (await command.ReadHintsAsync(CancellationToken.None)).ToDictionary(hint => hint.Id);
        _queue.Push(RedisKeys.Tasks, made.Values);
        return [.. batch.Select(p => made.TryGetValue(p.Id, out var hint) ? hint.HintedAt : (DateTime?)null)];
    }

    private async Task<Prediction?> ChangeAsync(Guid id, string statement)
    {
        await using var command = _database.CreateCommand($"{statement} RETURNING {PredictionRow.Columns}");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? new PredictionRow(reader).Read() : null;
    }
}
