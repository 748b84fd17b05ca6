using Aspire.Hosting.Testing;
using ImagePrediction.Api.Queue;
using ImagePrediction.Tests.Support;
using Npgsql;

namespace ImagePrediction.Tests.Core;

/// <summary>The look at the queue, against the running Postgres.</summary>
[Collection(SharedTopology.Collection)]
public sealed class QueueLookTests(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LooksByKeyDisturbNoStatementThatUsesTheSameConnections()
    {
        var topology = await shared.GetAsync();
        var connection = new NpgsqlConnectionStringBuilder(await topology.App.GetConnectionStringAsync("predictions", Cancellation)) { MaxPoolSize = 3 };
        await using var database = NpgsqlDataSource.Create(connection);
        await Parallel.ForAsync(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (i, cancellation) =>
        {
            if (i % 4 == 0)
                await QueueState.LookAsync(database, byOwner: true, cancellation);
            else
                Assert.Equal(Enumerable.Range(1, 100), await NumbersAsync(database, cancellation));
        }).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
    }

    private static async Task<List<int>> NumbersAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT n FROM generate_series(1, 100) n");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<int> numbers = [];
        while (await reader.ReadAsync(cancellation))
            numbers.Add(reader.GetInt32(0));
        return numbers;
    }
}
