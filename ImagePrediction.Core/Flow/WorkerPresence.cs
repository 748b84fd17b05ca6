using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// Which workers run: each has a row in <c>workers</c> that it renews every second and removes when it stops. A row that is not renewed
/// is that of a worker that was lost. Nothing depends on it but what operators see.
/// </summary>
public sealed class WorkerPresence(NpgsqlDataSource database)
{
    /// <summary>A worker that was not heard from for so long counts as lost.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(5);

    /// <summary>Lost workers are remembered for so long.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <summary>This worker runs. The first time it forgets those who were lost long ago.</summary>
    /// <param name="worker">Who, as <c>name/process</c>.</param>
    /// <param name="isFirst">Whether it has just started.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="NpgsqlException">The database is away.</exception>
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

    /// <summary>This worker stops in good order.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task LeaveAsync(string worker, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM workers WHERE name = $1");
        command.Parameters.Add(new() { Value = worker });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
