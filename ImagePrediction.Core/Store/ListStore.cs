using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ImagePrediction.Store;

/// <summary>Lists of predictions.</summary>
public sealed class ListStore([FromKeyedServices(CoreServices.Reading)] NpgsqlDataSource database)
{
    /// <summary>A page of predictions, newest first.</summary>
    /// <exception cref="NpgsqlException">The database is away, or it would take too long.</exception>
    public async Task<IReadOnlyList<Prediction>> ListAsync(PredictionFilter filter, CancellationToken cancellationToken)
    {
        // Only the conditions that are asked for, written out, so that each combination is planned by its own indexes.
        var where = new List<string> { "id < $1" };
        await using var command = database.CreateCommand();
        command.Parameters.Add(new() { Value = filter.Before ?? Guid.AllBitsSet });
        command.Parameters.Add(new() { Value = filter.Limit });
        if (filter.Owner is { } owner)
        {
            where.Add(owner.Length > 0 ? "owner <> '' AND owner = $3" : "owner = $3");
            command.Parameters.Add(new() { Value = owner });
        }
        if (filter.Status is { } status)
            where.Add(status is PredictionStatus.Failed or PredictionStatus.Canceled
                ? $"status IN ('failed', 'canceled') AND status = '{StatusNames.Of(status)}'" : $"status = '{StatusNames.Of(status)}'");
        if (filter.ContainsDog is { } containsDog)
            where.Add(containsDog ? "contains_dog" : "contains_dog = false");
        command.CommandText = $"SELECT {PredictionRow.Columns} FROM predictions WHERE {string.Join(" AND ", where)} ORDER BY id DESC LIMIT $2";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Prediction> found = new(filter.Limit);
        var row = new PredictionRow(reader);
        while (await reader.ReadAsync(cancellationToken))
            found.Add(row.Read());
        return found;
    }
}

/// <summary>Which predictions are meant.</summary>
/// <param name="Owner">Only those of this API key, empty for those made without one; null for everybody's.</param>
/// <param name="Status">Only those in this state.</param>
/// <param name="ContainsDog">Only those with this answer.</param>
/// <param name="Before">Only those made before this one.</param>
/// <param name="Limit">How many at most.</param>
public sealed record PredictionFilter(string? Owner, PredictionStatus? Status, bool? ContainsDog, Guid? Before, int Limit);
