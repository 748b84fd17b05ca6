using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ImagePrediction.Tests.Support;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Tests.Hosting;

/// <summary>Stop, start and restart of one resource, as the tests of faults use them; true of either way of hosting.</summary>
public sealed class ResourceCommandTests(ResourceCommandTests.Fixture fixture) : IClassFixture<ResourceCommandTests.Fixture>
{
    private DistributedApplication App => fixture.Topology.App;

    [Fact]
    public async Task ARedisThatIsStoppedAndStartedKeepsItsPortAndPassword()
    {
        var connection = await App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken);
        await fixture.Topology.CommandAsync("redis", KnownResourceCommands.StopCommand);
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(connection!));

        await fixture.Topology.CommandAsync("redis", KnownResourceCommands.StartCommand);
        await fixture.Topology.HealthyAsync("redis");

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

        await fixture.Topology.CommandAsync("postgres", KnownResourceCommands.RestartCommand);
        await fixture.Topology.HealthyAsync("predictions");

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

        var instance = await fixture.Topology.HealthyAsync("worker");
        var restarted = await App.ResourceCommands.ExecuteCommandAsync(instance.ResourceId, KnownResourceCommands.RestartCommand, TestContext.Current.CancellationToken);

        Assert.True(restarted.Success);
        await fixture.Topology.HealthyAsync("worker");
    }

    [Fact]
    public async Task AClientOfTheWorkerReachesAHealthyReplica()
    {
        await fixture.Topology.HealthyAsync("worker");
        using var client = App.CreateHttpClient("worker", "http");

        using var response = await client.GetAsync("/health", TestContext.Current.CancellationToken);

        Assert.True(response.IsSuccessStatusCode, response.StatusCode.ToString());
    }

    /// <summary>An application of its own: these tests take its servers away.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public Topology Topology { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Topology = await Topology.StartAsync();

        public ValueTask DisposeAsync() => Topology.DisposeAsync();
    }
}
