using Npgsql;

namespace ImagePrediction.Store;

/// <summary>The client's side of the store: insert, find, cancel, delete. Each change is one statement.</summary>
public sealed class PredictionStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Makes the rows, all or none; they are durable when this returns. Returns their creation time, which is one
    /// for the whole batch and dates their hints too.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot take them now; the rows may or may not be there.</exception>
    public async Task<DateTime> InsertAsync(IReadOnlyList<NewPrediction> batch)
    {
        await using var command = database.CreateCommand("""
            INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, traceparent,
                image_bytes, image_type, image_width, image_height, owner, webhook_url, version, created_at)
            SELECT id, 'queued', 0, 0, 0, now(), now(), traceparent, bytes, type, width, height, owner, webhook_url, 1, now()
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS new (id, traceparent, bytes, type, width, height, owner, webhook_url)
            RETURNING created_at
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(p => p.Id)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. batch.Select(p => p.Traceparent)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. batch.Select(p => p.ImageBytes)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(p => p.ImageType)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. batch.Select(p => p.ImageWidth)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. batch.Select(p => p.ImageHeight)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. batch.Select(p => p.Owner)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. batch.Select(p => p.WebhookUrl)] });
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The predictions as they now are, one for each id in the same order; null for an unknown id.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<IReadOnlyList<Prediction?>> FindAsync(IReadOnlyList<Guid> ids)
    {
        await using var command = database.CreateCommand("SELECT * FROM predictions WHERE id = ANY($1)");
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
        await using var command = database.CreateCommand("""
            UPDATE predictions
            SET status = 'canceled', version = version + 1, completed_at = now(), lease_until = NULL
            WHERE id = $1 AND status IN ('queued', 'processing')
            RETURNING *
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new PredictionRow(reader).Read() : null;
    }

    /// <summary>Counts what waits, by an index that holds nothing else.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<QueueState> LookAtQueueAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT count(*), coalesce(now() - min(created_at), '0') FROM predictions WHERE status = 'queued'");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(reader.GetInt64(0), reader.GetTimeSpan(1));
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

/// <summary>What waits.</summary>
/// <param name="Depth">How many predictions.</param>
/// <param name="OldestAge">How long the oldest of them has waited; zero when there is none.</param>
public sealed record QueueState(long Depth, TimeSpan OldestAge);
