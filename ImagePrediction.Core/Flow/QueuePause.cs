using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>
/// Pauses and resumes the workers, for operators. The single row of <c>queue_pause</c> holds the state, so it survives all restarts.
/// During a pause, images are still accepted and predictions in progress are finished.
/// </summary>
public sealed class QueuePause(NpgsqlDataSource database)
{
    /// <summary>Stops all claims from now on. Returns when the pause began, which is earlier if work was already paused.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<DateTime> PauseAsync()
    {
        await using var command = database.CreateCommand(
            "INSERT INTO queue_pause (id, since) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET since = queue_pause.since RETURNING since");
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Workers take work again, within a second.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task ResumeAsync()
    {
        await using var command = database.CreateCommand("DELETE FROM queue_pause");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>When the current pause began; null if work is not paused.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<DateTime?> SinceAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT since FROM queue_pause");
        return (DateTime?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
