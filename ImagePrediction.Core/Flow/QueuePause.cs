using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// Whether workers take work: an operator may have them pause. The one row of <c>queue_pause</c> says so, and outlives restarts of everything.
/// Images are accepted all the while; what workers have in hand is finished.
/// </summary>
public sealed class QueuePause(NpgsqlDataSource database)
{
    /// <summary>From here on no claim takes anything. Returns since when that is so, which is earlier if it was paused already.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<DateTime> PauseAsync()
    {
        await using var command = database.CreateCommand(
            "INSERT INTO queue_pause (id, since) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET since = queue_pause.since RETURNING since");
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Workers take work again, within a second.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task ResumeAsync()
    {
        await using var command = database.CreateCommand("DELETE FROM queue_pause");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Since when taking work is paused; null while it is not.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task<DateTime?> SinceAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT since FROM queue_pause");
        return (DateTime?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
