using ImagePrediction.Predictions;
using Npgsql;

namespace ImagePrediction.Database;

/// <summary>Reads the current state of predictions by id. Calls that arrive while a statement is running share the next one.</summary>
public sealed class PredictionReader
{
    private readonly NpgsqlDataSource _database;
    private readonly Batcher<Guid, Prediction?> _asked;

    /// <summary>Creates the reader; one per API instance.</summary>
    public PredictionReader(NpgsqlDataSource database) => (_database, _asked) = (database, new(FindAsync, concurrency: 2));

    /// <summary>The prediction; null for an unknown id.</summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public Task<Prediction?> FindAsync(Guid id) => _asked.RunAsync(id);

    /// <summary>The prediction posted with an idempotency key, and the hash of its image; null for an unknown key.</summary>
    /// <param name="scope">See <see cref="IdempotencyKey.Owner"/>.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<(Guid Id, byte[] Hash)?> FindByKeyAsync(string scope, string key, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand("SELECT prediction_id, hash FROM idempotency_keys WHERE owner = $1 AND key = $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = scope });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    private async Task<IReadOnlyList<Prediction?>> FindAsync(IReadOnlyList<Guid> ids)
    {
        await using var command = _database.CreateCommand($"SELECT {PredictionRow.Columns} FROM predictions WHERE id = ANY($1)");
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
}
