using Aspire.Hosting.Testing;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Tests.Support;
using Npgsql;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>Whose delivery is claimed next, against tables of their own in the running Postgres.</summary>
[Collection(SharedTopology.Collection)]
public sealed class FairSharesTests(SharedTopology shared) : IAsyncLifetime
{
    private readonly string _schema = $"shares_{Guid.NewGuid():N}";
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var topology = await shared.GetAsync();
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await topology.App.GetConnectionStringAsync("predictions", Cancellation)) { SearchPath = _schema });
        await ExecuteAsync($"""
            CREATE SCHEMA {_schema};
            CREATE TABLE predictions (LIKE public.predictions INCLUDING ALL);
            CREATE TABLE webhook_deliveries (LIKE public.webhook_deliveries INCLUDING ALL);
            """);
    }

    [Fact]
    public async Task WhoHasItsShareUnderWayWaitsAndOthersBehindItDoNot()
    {
        var (slow, alice, bob) = (await InsertAsync("https://slow.example/a", "bob"), await InsertAsync("https://quick.example:444/b", "alice"), await InsertAsync("https://quick.example/c", "bob"));
        DeliveryStore store = new(_database);

        Assert.Equal([bob], await ClaimAsync(store, ["slow.example"], ["alice"]));
        Assert.Equal([alice], await ClaimAsync(store, ["slow.example"], []));
        Assert.Equal([slow], await ClaimAsync(store, [], []));
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
        await _database.DisposeAsync();
    }

    private static async Task<IEnumerable<Guid>> ClaimAsync(DeliveryStore store, string[] busyHosts, string[] busyOwners) =>
        (await store.ClaimAsync(8, TimeSpan.FromMinutes(1), busyHosts, busyOwners, Cancellation)).Select(delivery => delivery.Prediction.Id);

    /// <summary>A delivery that is due, for a prediction of this owner, whose id is returned.</summary>
    private async Task<Guid> InsertAsync(string url, string owner)
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync("""
            WITH made AS (
                INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, image_bytes, image_type, image_width, image_height, owner, version, created_at)
                VALUES ($1, 'canceled', 0, 0, 0, now(), now(), 1, 'image/jpeg', 1, 1, $3, 2, now()) RETURNING *)
            INSERT INTO webhook_deliveries (id, prediction_id, url, snapshot, tries, next_at, attempts, created_at)
            SELECT gen_random_uuid(), id, $2, to_jsonb(made), 0, now(), '[]', now() FROM made
            """, id, url, owner);
        return id;
    }

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }
}
