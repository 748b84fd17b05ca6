using System.Diagnostics;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Database;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>What happens to accepted predictions when Redis, Postgres or the API goes away.</summary>
public sealed class ServerFaults(OwnTopology own) : IClassFixture<OwnTopology>
{
    private readonly Topology topology = own.Topology;

    [Fact]
    public async Task RedisEmptiedWithWorkQueuedLosesNothing()
    {
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var ids = await topology.AcceptManyAsync(100);

        var server = topology.Redis.GetServers().Single();
        await server.FlushAllDatabasesAsync();
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);

        await topology.AllSucceedAsync(ids);
    }

    [Fact]
    public async Task RedisAwayRefusesNothingAndLosesNothing()
    {
        await topology.CommandAsync("redis", KnownResourceCommands.StopCommand);

        var ids = await topology.AcceptManyAsync(30);
        using var health = await topology.Api.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal("Degraded", (await Topology.ReadAsync(health)).GetProperty("status").GetString());

        await topology.CommandAsync("redis", KnownResourceCommands.StartCommand);
        await topology.AllSucceedAsync(ids);
    }

    [Fact]
    public async Task AnErrorOfTheDatabaseThatStaysIsAFaultAndNotAnAbsence()
    {
        await topology.ScalarAsync<object?>("ALTER TABLE predictions RENAME COLUMN confidence TO mislaid");
        try
        {
            // Connections that another test cut may still lie in the pool; using one up is an absence.
            using var response = await Eventually.GetAsync(() => topology.Api.GetAsync("/image_predictions", TestContext.Current.CancellationToken),
                answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable);
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.Equal("/problems/internal-error", (await Topology.ReadAsync(response)).GetProperty("type").GetString());
        }
        finally
        {
            await topology.ScalarAsync<object?>("ALTER TABLE predictions RENAME COLUMN mislaid TO confidence");
        }
    }

    [Theory]
    [InlineData("SELECT mislaid FROM predictions", true, false)]
    [InlineData("SELECT 1 / 0", true, false)]
    [InlineData("SET statement_timeout = 10; SELECT pg_sleep(30)", false, true)]
    [InlineData("BEGIN READ ONLY; DELETE FROM predictions WHERE false", false, false)] // as after a failover
    public async Task WhatPostgresSaysTellsFaultsTimeoutsAndAbsences(string sql, bool isFault, bool isTimeout)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => topology.ScalarAsync<object?>(sql));
        Assert.Equal((isFault, isTimeout, true), (DatabaseAway.IsFault(exception), DatabaseAway.IsTimeout(exception), DatabaseAway.Means(exception)));
    }

    [Fact]
    public async Task WithPostgresFrozenOrAwayHealthSaysSoWhileTheProbeStillWaits()
    {
        var server = ParentOf(await topology.ScalarAsync<int>("SELECT pg_backend_pid()"));
        Assert.SkipUnless(server is not null, "Postgres runs where its processes cannot be seen.");

        var processes = Process.GetProcesses().Select(process => process.Id).Where(id => id == server || ParentOf(id) == server).ToList();
        await SignalAsync("STOP", processes);
        try
        {
            await HealthIsAwayAsync(topology);
        }
        finally
        {
            await SignalAsync("CONT", processes);
        }
        using var back = await Eventually.GetAsync(
            () => topology.Api.GetAsync("/health", TestContext.Current.CancellationToken), health => health.StatusCode == HttpStatusCode.OK);

        await topology.CommandAsync("postgres", KnownResourceCommands.StopCommand);
        await HealthIsAwayAsync(topology);
        await topology.CommandAsync("postgres", KnownResourceCommands.StartCommand);
        await topology.HealthyAsync("postgres");
        topology.Database.Clear(); // the test's own connections are gone too
    }

    [Fact]
    public async Task WithPostgresFrozenInACommitItIsNotKnownWhatBecameOfItAndTheKeyMakesNoSecondOne()
    {
        var server = ParentOf(await topology.ScalarAsync<int>("SELECT pg_backend_pid()"));
        Assert.SkipUnless(server is not null, "Postgres runs where its processes cannot be seen.");
        const int width = 79; // no other test's
        Task<HttpResponseMessage> PostAsync()
        {
            var request = new HttpRequestMessage();
            request.Headers.Add("Idempotency-Key", "frozen-in-a-commit");
            return topology.PostAsync(Photos.Jpeg(width, 48), request: request);
        }
        await topology.AcceptAsync(Photos.Jpeg(64, 48)); // over a connection that works
        var processes = Process.GetProcesses().Select(process => process.Id).Where(id => id == server || ParentOf(id) == server).ToList();
        await SignalAsync("STOP", processes);
        try
        {
            using var unknown = await PostAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
            Assert.Contains("unknown", (await Topology.ReadAsync(unknown)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            await SignalAsync("CONT", processes);
        }
        using var again = await Eventually.GetAsync(PostAsync, answer => answer.StatusCode == HttpStatusCode.Accepted || answer.StatusCode == HttpStatusCode.OK);
        await topology.AllSucceedAsync([(await Topology.ReadAsync(again)).GetProperty("id").GetGuid()]);
        Assert.Equal(1, await topology.CountAsync($"image_width = {width}"));
    }

    [Fact]
    public async Task WorkersThatAreToStopWhileTheDatabaseDiesEndInOrder()
    {
        var server = ParentOf(await topology.ScalarAsync<int>("SELECT pg_backend_pid()"));
        Assert.SkipUnless(server is not null, "Postgres runs where its processes cannot be seen.");
        var workers = (await Eventually.GetAsync(() => topology.ScalarAsync<string>(
            "SELECT coalesce(string_agg(DISTINCT split_part(application_name, '/', 2), ' '), '') FROM pg_stat_activity WHERE application_name LIKE 'ImagePrediction.Worker/%'"),
            ids => ids.Length > 0)).Split(' ').Select(int.Parse).ToList();
        var processes = Process.GetProcesses().Select(process => process.Id).Where(id => id == server || ParentOf(id) == server).ToList();
        var started = await CountStartsAsync();

        // Each writes once a second that it is running: that statement is under way when the worker gets SIGTERM, and fails when Postgres dies.
        await SignalAsync("STOP", processes);
        await PassAsync(TimeSpan.FromSeconds(1.5));
        await SignalAsync("TERM", workers);
        await PassAsync(TimeSpan.FromSeconds(0.5));
        await SignalAsync("KILL", processes);
        await Eventually.GetAsync(() => Task.FromResult(workers.Count(id => ParentOf(id) is not null)), running => running == 0);

        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        await topology.HealthyAsync("postgres");
        topology.Database.Clear(); // the test's own connections are gone too
        using var probe = await Eventually.GetAsync(
            () => topology.PostAsync(Photos.Jpeg(64, 48)), response => response.StatusCode == HttpStatusCode.Accepted);
        await topology.AllSucceedAsync([(await Topology.ReadAsync(probe)).GetProperty("id").GetGuid()]);
        // What the new workers say comes after the last words of the old ones.
        await Eventually.GetAsync(CountStartsAsync, starts => starts >= started + workers.Count);
        Assert.DoesNotContain("crit: ", await ReadLogAsync("worker"), StringComparison.Ordinal);

        async Task<int> CountStartsAsync() => (await ReadLogAsync("worker")).Split(" takes work").Length - 1;
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task AServerRestartedUnderLoadLosesNothingThatWasAccepted(string server)
    {
        using var enough = new CancellationTokenSource();
        var before = await topology.CountAsync("status = 'succeeded'");
        var posting = Enumerable.Range(0, 4).Select(lane => PostUntilAsync(topology, lane, enough.Token)).ToList();
        await Eventually.GetAsync(() => topology.CountAsync("status = 'succeeded'"), done => done > before + 20);

        await topology.CommandAsync(server, KnownResourceCommands.RestartCommand);
        await topology.HealthyAsync(server);
        topology.Database.Clear(); // the test's own connections are gone too
        using var probe = await Eventually.GetAsync(
            () => topology.PostAsync(Photos.Jpeg(64, 48)), response => response.StatusCode == HttpStatusCode.Accepted);
        await enough.CancelAsync();

        var ids = (await Task.WhenAll(posting)).SelectMany(accepted => accepted).ToArray();
        Assert.NotEmpty(ids);
        await topology.AllSucceedAsync(ids);
    }

    [Fact]
    public async Task AnApiKilledBetweenCommitAndPushLosesNothing()
    {
        // Another test may have had it lose its connections.
        var name = await Eventually.GetAsync(() => topology.ScalarAsync<string?>(
            "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'ImagePrediction.Api/%' LIMIT 1"), name => name is not null);
        var api = int.Parse(name!.Split('/')[1]);

        // Redis reads nothing for a while, so that the push stays under way; then the API dies with it.
        await topology.Redis.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "60000", "WRITE");
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        using (var process = Process.GetProcessById(api))
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        await Eventually.GetAsync(async () => (string)(await topology.Redis.GetDatabase().ExecuteAsync("CLIENT", "LIST"))!,
            clients => !clients.Contains("cmd=rpush", StringComparison.Ordinal) && !clients.Contains("cmd=publish", StringComparison.Ordinal));
        await topology.Redis.GetDatabase().ExecuteAsync("CLIENT", "UNPAUSE");
        Assert.Equal(0, await topology.Redis.GetDatabase().ListLengthAsync("tasks"));
        Assert.Equal(1, await topology.CountAsync("id = $1 AND status = 'queued'", id));

        await topology.AllRunAsync("api");
        await topology.AllSucceedAsync([id]);
    }

    private static async Task HealthIsAwayAsync(Topology topology)
    {
        using var probe = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        using var health = await topology.Api.GetAsync("/health", probe.Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
    }

    private async Task<string> ReadLogAsync(string resource)
    {
        await using var file = new FileStream(Path.Combine(topology.Data, "logs", $"{resource}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static Task<TimeSpan> PassAsync(TimeSpan time)
    {
        var began = Stopwatch.StartNew();
        return Eventually.GetAsync(() => Task.FromResult(began.Elapsed), elapsed => elapsed > time);
    }

    private static async Task SignalAsync(string signal, IEnumerable<int> processes)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. processes.Select(id => $"{id}")]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static int? ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }

    private static async Task<List<Guid>> PostUntilAsync(Topology topology, int lane, CancellationToken enough)
    {
        List<Guid> accepted = [];
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            using var response = await topology.PostAsync(Photos.Jpeg(64, 48, seed: lane + 4 * i));
            if (response.StatusCode == HttpStatusCode.Accepted)
                accepted.Add((await Topology.ReadAsync(response)).GetProperty("id").GetGuid());
            else
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
        return accepted;
    }
}
