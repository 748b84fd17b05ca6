using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// Records which workers are running: each has a row in <c>workers</c> that it renews every second and removes when it stops. A row that
/// is no longer renewed belongs to a lost worker. Used only for display to operators.
/// </summary>
public sealed class WorkerPresence(NpgsqlDataSource database)
{
    /// <summary>A worker that has not been heard from for this long counts as lost.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long lost workers are remembered.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <summary>Reports that this worker is running. The first call also removes workers lost long ago.</summary>
    /// <param name="worker">The worker, as <c>name/process</c>.</param>
    /// <param name="isFirst">Whether it has just started.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task RenewAsync(string worker, bool isFirst, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        if (isFirst)
            batch.BatchCommands.Add(new("DELETE FROM workers WHERE seen_at < now() - $1 OR name = $2") { Parameters = { new() { Value = Memory }, new() { Value = worker } } });
        batch.BatchCommands.Add(new("""
            INSERT INTO workers (name, started_at, seen_at) VALUES ($1, now(), now()) ON CONFLICT (name) DO UPDATE SET seen_at = now()
            """) { Parameters = { new() { Value = worker } } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes this worker's row, on an orderly stop.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task LeaveAsync(string worker, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM workers WHERE name = $1");
        command.Parameters.Add(new() { Value = worker });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
