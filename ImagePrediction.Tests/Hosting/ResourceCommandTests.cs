using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ImagePrediction.Tests.Support;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Tests.Hosting;

/// <summary>Stop, start and restart of one resource, as the dashboard does it and the tests of faults use it.</summary>
public sealed class ResourceCommandTests(OwnTopology own) : IClassFixture<OwnTopology>
{
    private DistributedApplication App => own.Topology.App;

    [Fact]
    public async Task ARedisThatIsStoppedAndStartedKeepsItsPortAndPassword()
    {
        var connection = await App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken);
        await own.Topology.CommandAsync("redis", KnownResourceCommands.StopCommand);
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(connection!));

        await own.Topology.CommandAsync("redis", KnownResourceCommands.StartCommand);
        await own.Topology.HealthyAsync("redis");

        Assert.Equal(connection, await App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connection!);
        await redis.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task ARestartedPostgresKeepsItsPortPasswordAndData()
    {
        var connection = await App.GetConnectionStringAsync("predictions", TestContext.Current.CancellationToken);
        await using var source = NpgsqlDataSource.Create(connection!);
        await using (var command = source.CreateCommand("CREATE TABLE kept AS SELECT 42 AS answer"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await own.Topology.CommandAsync("postgres", KnownResourceCommands.RestartCommand);
        await own.Topology.HealthyAsync("postgres");

        Assert.Equal(connection, await App.GetConnectionStringAsync("predictions", TestContext.Current.CancellationToken));
        source.Clear();
        await using var ask = source.CreateCommand("SELECT answer FROM kept");
        Assert.Equal(42, await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task TheBareNameOfAResourceWithReplicasIsRefusedAndAnInstanceIsNot()
    {
        var refused = await App.ResourceCommands.ExecuteCommandAsync("worker", KnownResourceCommands.RestartCommand, TestContext.Current.CancellationToken);
        Assert.False(refused.Success);

        var instance = await own.Topology.HealthyAsync("worker");
        var restarted = await App.ResourceCommands.ExecuteCommandAsync(instance.ResourceId, KnownResourceCommands.RestartCommand, TestContext.Current.CancellationToken);

        Assert.True(restarted.Success);
        await own.Topology.HealthyAsync("worker");
    }

    [Fact]
    public async Task AClientOfTheWorkerReachesAReplica()
    {
        await own.Topology.HealthyAsync("worker");
        using var client = App.CreateHttpClient("worker", "http");

        // Any of them may answer, also one that another test has just restarted.
        using var response = await Eventually.GetAsync(
            () => client.GetAsync("/health", TestContext.Current.CancellationToken), health => health.IsSuccessStatusCode);
    }
}
