using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>What happens to accepted predictions when workers die, hang or stop.</summary>
public sealed class WorkerFaults
{
    [Fact]
    public async Task AWorkerKilledInMidTaskLosesNothing()
    {
        await using var topology = await Topology.StartAsync();
        var ids = await BacklogAsync(topology);

        var owner = await Eventually.GetAsync(
            () => topology.ScalarAsync<string>("SELECT coalesce((SELECT worker FROM predictions WHERE status = 'processing' LIMIT 1), '')"),
            worker => worker.Length > 0);
        using (var process = Process.GetProcessById(int.Parse(owner.Split('/')[1])))
            process.Kill();
        await topology.ReviveAsync("worker");

        await topology.AllSucceedAsync(ids);
        Assert.NotEqual(0, await topology.CountAsync("losses > 0"));
    }

    /// <summary>Accepts predictions while no worker runs, so that there is work for seconds once they do.</summary>
    private static async Task<Guid[]> BacklogAsync(Topology topology)
    {
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var ids = await topology.AcceptManyAsync(300, 640, 480);
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        return ids;
    }

    [Fact]
    public async Task AnImageThatKillsItsWorkerFailsAloneAndTakesNoOtherWithIt()
    {
        const int killer = 333;
        await using var topology = await Topology.StartAsync(
            ("worker", "Faults__KillWidth", killer.ToString()));
        var before = await topology.AcceptManyAsync(20);
        var bad = await topology.AcceptAsync(Photos.Jpeg(killer, 200));
        var after = await topology.AcceptManyAsync(20);

        var prediction = await topology.FinalAsync(bad, TimeSpan.FromMinutes(3));
        Assert.Equal("failed", prediction.GetProperty("status").GetString());
        Assert.Equal("worker_lost", prediction.GetProperty("error").GetProperty("code").GetString());
        await topology.AllSucceedAsync([.. before, .. after], TimeSpan.FromMinutes(1));
        Assert.Equal(0, await topology.CountAsync("losses > 1 AND id <> $1", bad));
    }

    [Fact]
    public async Task AnImageThatHangsItsWorkerTimesOutAndItsNeighboursLoseNothing()
    {
        const int hanging = 334;
        await using var topology = await Topology.StartAsync(
            ("worker", "Faults__HangWidth", hanging.ToString()), ("worker", "Worker__TaskTimeout", "00:00:01"));
        var before = await topology.AcceptManyAsync(20);
        var bad = await topology.AcceptAsync(Photos.Jpeg(hanging, 200));
        var after = await topology.AcceptManyAsync(20);

        var prediction = await topology.FinalAsync(bad, TimeSpan.FromMinutes(2));
        Assert.Equal("failed", prediction.GetProperty("status").GetString());
        Assert.Equal("timed_out", prediction.GetProperty("error").GetProperty("code").GetString());
        await topology.AllSucceedAsync([.. before, .. after], TimeSpan.FromMinutes(1));
        Assert.Equal(0, await topology.CountAsync("losses > 0 AND id <> $1", bad));
    }

    [Fact]
    public async Task StoppedWorkersHandBackWhatTheyHoldWithoutALoss()
    {
        // Without grace nothing in hand is finished: all of it has to be handed back. Slow pictures are work for five seconds.
        const int slow = 332;
        await using var topology = await Topology.StartAsync(("worker", "Worker__Grace", "00:00:00"), ("worker", "Faults__SlowWidth", slow.ToString()));
        var ids = await topology.AcceptManyAsync(100, slow, 200);
        await Eventually.GetAsync(() => topology.CountAsync("status = 'succeeded'"), done => done > 0);

        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        Assert.Equal(0, await topology.CountAsync("status = 'processing'"));
        Assert.NotEqual(0, await topology.CountAsync("status = 'queued'"));
        await topology.CommandAsync("worker", KnownResourceCommands.StartCommand);

        await topology.AllSucceedAsync(ids);
        Assert.NotEqual(0, await topology.CountAsync("attempt > 1"));
        Assert.Equal(0, await topology.CountAsync("losses > 0"));
    }
}
