using Npgsql;

namespace ImagePrediction.Flow;

/// <summary>Helpers for the flow's statements: arrays in, ids and hints out.</summary>
internal static class Statements
{
    /// <summary>Adds one value per item as an array parameter, which the statement unnests.</summary>
    public static void AddArray<TItem, T>(this NpgsqlCommand command, IEnumerable<TItem> items, Func<TItem, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. items.Select(value)] });

    /// <summary>Adds the ids and attempts of claims, so that nothing is written for those that are no longer held.</summary>
    public static void AddClaims(this NpgsqlCommand command, IReadOnlyList<ClaimedTask> tasks)
    {
        command.AddArray(tasks, task => task.Id);
        command.AddArray(tasks, task => task.Attempt);
    }

    /// <summary>Reads rows of id and hint time, skipping those without a hint.</summary>
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
