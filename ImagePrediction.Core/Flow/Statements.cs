using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>What the statements of the flow have in common: arrays in, ids and hints out.</summary>
internal static class Statements
{
    /// <summary>Adds one value of each item as an array, which the statement unnests.</summary>
    public static void AddArray<TItem, T>(this NpgsqlCommand command, IEnumerable<TItem> items, Func<TItem, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. items.Select(value)] });

    /// <summary>Adds id and attempt of claims: nothing is written for who does not hold them any more.</summary>
    public static void AddClaims(this NpgsqlCommand command, IReadOnlyList<ClaimedTask> tasks)
    {
        command.AddArray(tasks, task => task.Id);
        command.AddArray(tasks, task => task.Attempt);
    }

    /// <summary>Reads rows of an id and the time of its hint, without those that have none out.</summary>
    public static async Task<List<Hint>> ReadHintsAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Hint> hints = [];
        while (await reader.ReadAsync(cancellationToken))
            if (reader.GetDateTime(1) is var at && at != DateTime.MinValue)
                hints.Add(new(reader.GetGuid(0), at));
        return hints;
    }
}
