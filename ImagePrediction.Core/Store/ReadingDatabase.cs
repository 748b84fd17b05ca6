using Npgsql;

namespace ImagePrediction.Store;

/// <summary>
/// Connections for those who look over many predictions: few, and with a limit on each statement, so that a list that
/// finds little in a large table takes nothing from the images on their way.
/// </summary>
/// <param name="Source">Gives the connections.</param>
public sealed record ReadingDatabase(NpgsqlDataSource Source) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
