using Npgsql;

namespace ImagePrediction.Store;

/// <summary>What housekeeping removes besides predictions. Ages are measured by Postgres' clock.</summary>
public sealed class RetentionStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Deletes up to <paramref name="limit"/> deliveries older than <paramref name="age"/> of which no more attempt will
    /// come: they are finished, or nobody has made the attempt that was due a day ago. Returns how many.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public Task<int> DeleteDeliveriesAsync(TimeSpan age, int limit, CancellationToken cancellationToken) => DeleteAsync("""
        DELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries
            WHERE created_at < now() - $1 AND (next_at IS NULL OR next_at < now() - interval '1 day')
            ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """, age, limit, cancellationToken);

    /// <summary>Deletes up to <paramref name="limit"/> idempotency keys older than <paramref name="age"/>; returns how many.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public Task<int> DeleteKeysAsync(TimeSpan age, int limit, CancellationToken cancellationToken) => DeleteAsync("""
        DELETE FROM idempotency_keys WHERE (owner, key) IN (
            SELECT owner, key FROM idempotency_keys WHERE created_at < now() - $1
            ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """, age, limit, cancellationToken);

    private async Task<int> DeleteAsync(string sql, TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = age });
        command.Parameters.Add(new() { Value = limit });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
