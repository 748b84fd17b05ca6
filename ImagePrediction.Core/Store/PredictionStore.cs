using Npgsql;

namespace ImagePrediction.Store;

/// <summary>The client's side of the store: insert, find, cancel, retry, delete. Each change is one statement.</summary>
public sealed class PredictionStore(NpgsqlDataSource database)
{
    private const string Insert = """
        INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, traceparent,
            image_bytes, image_type, image_width, image_height, owner, webhook_url, version, created_at)
        SELECT id, 'queued', 0, 0, 0, now(), now(), traceparent, bytes, type, width, height, owner, webhook_url, 1, now()
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS new (id, traceparent, bytes, type, width, height, owner, webhook_url)
        """;

    // Locked in the order of the keys, so that no batch deadlocks another; whose key is taken is left out.
    private const string InsertWithKeys = $"""
        WITH taken AS (
            INSERT INTO idempotency_keys (owner, key, hash, prediction_id, created_at)
            SELECT owner, key, hash, id, now() FROM unnest($1, $7, $9, $10) AS new (id, owner, key, hash)
            WHERE key IS NOT NULL ORDER BY owner, key
            ON CONFLICT DO NOTHING
            RETURNING prediction_id),
        keyed AS (SELECT id FROM unnest($1, $9) AS new (id, key) WHERE key IS NOT NULL)
        {Insert}
        WHERE id NOT IN (SELECT id FROM keyed) OR id IN (SELECT prediction_id FROM taken)
        """;

    /// <summary>
    /// Makes the rows, all or none, except those whose idempotency key was used before; they are durable when this
    /// returns. Gives each its creation time, which is one for the whole batch and dates their hints too, or null.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot take them now; the rows may or may not be there.</exception>
    public async Task<IReadOnlyList<DateTime?>> InsertAsync(IReadOnlyList<NewPrediction> batch)
    {
        var withKeys = batch.Any(p => p.IdempotencyKey is not null);
        await using var command = database.CreateCommand($"{(withKeys ? InsertWithKeys : Insert)} RETURNING id, created_at");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(p => p.Id)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. batch.Select(p => p.Traceparent)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. batch.Select(p => p.ImageBytes)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(p => p.ImageType)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. batch.Select(p => p.ImageWidth)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. batch.Select(p => p.ImageHeight)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(p => p.Owner)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. batch.Select(p => p.WebhookUrl)] });
        if (withKeys)
        {
            command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. batch.Select(p => p.IdempotencyKey)] });
            command.Parameters.Add(new NpgsqlParameter<byte[]?[]> { TypedValue = [.. batch.Select(p => p.ImageHash)] });
        }
        await using var reader = await command.ExecuteReaderAsync();
        var made = new Dictionary<Guid, DateTime>(batch.Count);
        while (await reader.ReadAsync())
            made[reader.GetGuid(0)] = reader.GetDateTime(1);
        return [.. batch.Select(p => made.TryGetValue(p.Id, out var createdAt) ? createdAt : (DateTime?)null)];
    }

    /// <summary>What was posted under an idempotency key before; null if nothing was, or not within the last day.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<(Guid Id, byte[] Hash)?> FindByKeyAsync(string owner, string key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT prediction_id, hash FROM idempotency_keys WHERE owner = $1 AND key = $2");
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>The predictions as they now are, one for each id in the same order; null for an unknown id.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<Prediction?>> FindAsync(IReadOnlyList<Guid> ids)
    {
        await using var command = database.CreateCommand($"SELECT {PredictionRow.Columns} FROM predictions WHERE id = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync();
        var found = new Dictionary<Guid, Prediction>(ids.Count);
        var row = new PredictionRow(reader);
        while (await reader.ReadAsync())
        {
            var prediction = row.Read();
            found[prediction.Id] = prediction;
        }
        return [.. ids.Select(id => found.GetValueOrDefault(id))];
    }

    /// <summary>Those of the ids that have no row.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<Guid>> FindMissingAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT id FROM unnest($1) AS asked (id) WHERE NOT EXISTS (SELECT FROM predictions p WHERE p.id = asked.id)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> missing = [];
        while (await reader.ReadAsync(cancellationToken))
            missing.Add(reader.GetGuid(0));
        return missing;
    }

    /// <summary>queued | processing → canceled. Null when the row is final already or unknown.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<Prediction?> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions
            SET status = 'canceled', version = version + 1, completed_at = now(), lease_until = NULL
            WHERE id = $1 AND status IN ('queued', 'processing')
            RETURNING {PredictionRow.Columns}
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new PredictionRow(reader).Read() : null;
    }

    /// <summary>
    /// failed → queued, as if it had just been accepted, but for its id, its attempts and its age. Null when the row is
    /// not failed or unknown.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<Prediction?> RetryAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            UPDATE predictions
            SET status = 'queued', version = version + 1, losses = 0, faults = 0, available_at = now(), hinted_at = now(),
                error_code = NULL, error_detail = NULL, started_at = NULL, completed_at = NULL
            WHERE id = $1 AND status = 'failed'
            RETURNING {PredictionRow.Columns}
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new PredictionRow(reader).Read() : null;
    }

    /// <summary>
    /// Removes a prediction in any state, and what was still to be told of it; a worker that has it in hand finds no row
    /// to write to. Returns the state it was in, null when it is unknown.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<PredictionStatus?> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var row = new NpgsqlCommand("DELETE FROM predictions WHERE id = $1 RETURNING status", connection);
        row.Parameters.Add(new() { Value = id });
        if (await row.ExecuteScalarAsync(cancellationToken) is not string status)
            return null;
        // A statement of its own: it sees the delivery that was made while the first one waited for the row.
        await using var deliveries = new NpgsqlCommand("DELETE FROM webhook_deliveries WHERE prediction_id = $1", connection);
        deliveries.Parameters.Add(new() { Value = id });
        await deliveries.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return StatusNames.Parse(status);
    }

    /// <summary>Counts what waits and finds where the line stands, by an index that holds nothing else.</summary>
    /// <param name="byOwner">Whether to count for each API key as well.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<QueueState> LookAtQueueAsync(bool byOwner, CancellationToken cancellationToken)
    {
        var state = await LookAtLineAsync(cancellationToken);
        return byOwner ? state with { DepthByOwner = await CountByOwnerAsync(cancellationToken) } : state;
    }

    private async Task<QueueState> LookAtLineAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            SELECT count(*), coalesce(now() - min(created_at), '0'),
                coalesce(percentile_disc((SELECT array_agg(part / {QueueState.Parts}.0) FROM generate_series(0, {QueueState.Parts}) part))
                    WITHIN GROUP (ORDER BY hinted_at), ARRAY[]::timestamptz[])
            FROM predictions WHERE status = 'queued'
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return QueueState.Empty with
        {
            Depth = reader.GetInt64(0),
            OldestAge = reader.GetTimeSpan(1),
            Marks = reader.GetFieldValue<DateTime[]>(2),
        };
    }

    private async Task<IReadOnlyDictionary<string, long>> CountByOwnerAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT owner, count(*) FROM predictions WHERE status = 'queued' GROUP BY owner");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, long> counts = [];
        while (await reader.ReadAsync(cancellationToken))
            counts[reader.GetString(0)] = reader.GetInt64(1);
        return counts;
    }

    /// <summary>Deletes up to <paramref name="limit"/> final rows made before <paramref name="before"/>; returns their ids.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<Guid>> DeleteFinalAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        // Ids are UUIDv7 and so in order of time: the primary key finds the oldest rows.
        await using var command = database.CreateCommand("""
            DELETE FROM predictions WHERE id IN (
                SELECT id FROM predictions WHERE id < $1 AND status IN ('succeeded', 'failed', 'canceled')
                ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """);
        command.Parameters.Add(new() { Value = Guid.CreateVersion7(before) });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> deleted = [];
        while (await reader.ReadAsync(cancellationToken))
            deleted.Add(reader.GetGuid(0));
        return deleted;
    }
}
