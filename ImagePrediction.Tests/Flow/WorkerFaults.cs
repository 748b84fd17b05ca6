using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>What happens to accepted predictions when workers die, hang or stop.</summary>
public sealed class WorkerFaults(WorkerFaults.Fixture fixture) : IClassFixture<WorkerFaults.Fixture>
{
    private const int Slow = 332, Killer = 333, Hanging = 334;

    private readonly Topology topology = fixture.Topology;

    [Fact]
    public async Task AWorkerKilledInMidTaskLosesNothing()
    {
        var ids = await BacklogAsync(topology);

        var owner = await Eventually.GetAsync(
            () => topology.ScalarAsync<string>("SELECT coalesce((SELECT worker FROM predictions WHERE status = 'processing' LIMIT 1), '')"),
            worker => worker.Length > 0);
        var killed = int.Parse(owner.Split('/')[1]);
        using (var process = Process.GetProcessById(killed))
            process.Kill();
        await topology.AllRunAsync("worker");
        await Eventually.GetAsync(() => topology.Api.GetFromJsonAsync<JsonElement>("/stats"), stats => stats.GetProperty("worker_list").EnumerateArray()
            .Any(worker => worker.GetProperty("process_id").GetInt32() == killed && worker.GetProperty("state").GetString() == "lost"));

        await topology.AllSucceedAsync(ids);
        Assert.NotEqual(0, await topology.CountAsync("losses > 0 AND id = ANY($1)", ids));
    }

    /// <summary>Accepts predictions while no worker runs, so that there is work for seconds once they do.</summary>
    private static async Task<Guid[]> BacklogAsync(Topology topology)
    {
        await topology.AllRunAsync("worker"); // what waits to be started again would start after the stop
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var ids = await topology.AcceptManyAsync(300, 640, 480);
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        return ids;
    }

    [Fact]
    public async Task AnImageThatKillsItsWorkerFailsAloneAndTakesNoOtherWithIt()
    {
        var before = await topology.AcceptManyAsync(20);
        var bad = await topology.AcceptAsync(Photos.Jpeg(Killer, 200));
        var after = await topology.AcceptManyAsync(20);

        var prediction = await topology.FinalAsync(bad, TimeSpan.FromMinutes(3));
        Assert.Equal("failed", prediction.GetProperty("status").GetString());
        Assert.Equal("worker_lost", prediction.GetProperty("error").GetProperty("code").GetString());
        await CountedAsync("worker_lost");
        await topology.AllSucceedAsync([.. before, .. after], TimeSpan.FromMinutes(1));
        Assert.Equal(0, await topology.CountAsync("losses > 1 AND id = ANY($1)", (Guid[])[.. before, .. after]));
    }

    [Fact]
    public async Task AnImageThatHangsItsWorkerTimesOutAndItsNeighboursLoseNothing()
    {
        var before = await topology.AcceptManyAsync(20);
        var bad = await topology.AcceptAsync(Photos.Jpeg(Hanging, 200));
        var after = await topology.AcceptManyAsync(20);

        var prediction = await topology.FinalAsync(bad, TimeSpan.FromMinutes(2));
        Assert.Equal("failed", prediction.GetProperty("status").GetString());
        Assert.Equal("timed_out", prediction.GetProperty("error").GetProperty("code").GetString());
        await CountedAsync("timed_out");
        await topology.AllSucceedAsync([.. before, .. after], TimeSpan.FromMinutes(1));
        Assert.Equal(0, await topology.CountAsync("losses > 0 AND id = ANY($1)", (Guid[])[.. before, .. after]));
    }

    [Fact]
    public async Task StoppedWorkersHandBackWhatTheyHoldWithoutALoss()
    {
        await topology.AllRunAsync("worker");
        // Slow pictures are work for ten seconds, which begin once all are there.
        await topology.PauseAsync();
        var ids = await topology.AcceptManyAsync(200, Slow, 200);
        await topology.ResumeAsync();
        await Eventually.GetAsync(() => topology.CountAsync("status = 'succeeded' AND id = ANY($1)", ids), done => done > 0);

        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        Assert.Equal(0, await topology.CountAsync("status = 'processing'"));
        Assert.NotEqual(0, await topology.CountAsync("status = 'queued'"));
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);

        await topology.AllSucceedAsync(ids);
        Assert.NotEqual(0, await topology.CountAsync("attempt > 1 AND id = ANY($1)", ids));
        Assert.Equal(0, await topology.CountAsync("losses > 0 AND id = ANY($1)", ids));
    }

    /// <summary>What neither of them finished counts as a failure of that code all the same.</summary>
    private async Task CountedAsync(string code) => await Eventually.GetAsync(() => topology.Api.GetFromJsonAsync<JsonElement>("/stats"),
        stats => new[] { "errors", "failures" }.All(list => stats.GetProperty(list).EnumerateArray().Any(error => error.GetProperty("code").GetString() == code)));

    [Fact]
    public async Task APauseOutlivesTheWorkers()
    {
        await topology.AllRunAsync("worker");
        await topology.PauseAsync();
        var ids = await topology.AcceptManyAsync(20);
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        // Both have been ready for two seconds since, and would have taken something.
        await Eventually.GetAsync(() => topology.CountAsync("id = $1 AND (SELECT count(*) FROM workers WHERE started_at > created_at AND seen_at > started_at + interval '2 s') = 2", ids[^1]), seen => seen == 1);
        Assert.Equal(20, await topology.CountAsync("status = 'queued' AND attempt = 0 AND id = ANY($1)", ids));

        await topology.ResumeAsync();

        await topology.AllSucceedAsync(ids);
    }

    /// <summary>Workers that some pictures slow down, kill or hang. Without grace a stop finishes nothing: all in hand has to be handed back.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public Topology Topology { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Topology = await Topology.StartAsync(
            ("worker", "Faults__SlowWidth", $"{Slow}"), ("worker", "Faults__KillWidth", $"{Killer}"), ("worker", "Faults__HangWidth", $"{Hanging}"),
            ("worker", "Worker__TaskTimeout", "00:00:05"), ("worker", "Worker__Grace", "00:00:00"));

        public ValueTask DisposeAsync() => Topology.DisposeAsync();
    }
}
