using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ImagePrediction.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ImagePrediction.Tests.Hosting;

/// <summary>What crashes is started again, on the same port; what is stopped stays down until it is started.</summary>
public sealed class RestartTests(OwnTopology own) : IClassFixture<OwnTopology>
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private ResourceNotificationService Notifications => own.Topology.App.ResourceNotifications;

    private Task<ResourceEvent> UntilAsync(string resource, Func<ResourceEvent, bool> condition) =>
        Notifications.WaitForResourceAsync(resource, condition, Test).WaitAsync(TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task WhatIsKilledRunsAgainWhereItRan(string resource)
    {
        var instance = await own.Topology.HealthyAsync(resource);
        var address = own.Topology.App.GetEndpoint(resource, resource is "api" or "worker" ? "http" : "tcp");

        Kill(Pid(instance));

        await UntilAsync(resource, now => now.ResourceId == instance.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(instance));
        await own.Topology.HealthyAsync(resource);
        Assert.Equal(address, own.Topology.App.GetEndpoint(resource, resource is "api" or "worker" ? "http" : "tcp"));
        own.Topology.Database.Clear(); // the test's own connections may be gone
        await own.Topology.AllSucceedAsync([await AcceptedAsync(), await AcceptedAsync()]);
    }

    [Fact]
    public async Task AnEndThatIsReportedAgainWhileTheNextRunStartsIsNoCrash()
    {
        var killed = await own.Topology.HealthyAsync("worker");
        var before = RestartLines(killed).Count;
        var end = UntilAsync("worker", now => now.ResourceId == killed.ResourceId && KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text));
        Kill(Pid(killed));
        var ended = await end;
        var next = await UntilAsync("worker", now => now.ResourceId == killed.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(killed));

        await Notifications.PublishUpdateAsync(killed.Resource, killed.ResourceId, now => now with { State = KnownResourceStates.Starting });
        await Notifications.PublishUpdateAsync(killed.Resource, killed.ResourceId, _ => ended.Snapshot);

        Kill(Pid(next)); // whatever is made of the report is logged before this end
        await UntilAsync("worker", now => now.ResourceId == killed.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(next) && Pid(now) != Pid(killed));
        Assert.Equal(2, (await Eventually.GetAsync(() => Task.FromResult(RestartLines(killed)[before..]), lines => lines.Count >= 2)).Count);
    }

    [Fact]
    public async Task AnInstanceThatAStopHadToKillStaysDownUntilItIsStarted()
    {
        await own.Topology.AllRunAsync("worker");
        var stubborn = await own.Topology.HealthyAsync("worker");
        var restarts = RestartLines(stubborn).Count;
        using (var freeze = Process.Start("kill", ["-STOP", $"{Pid(stubborn)}"]))
            await freeze.WaitForExitAsync(Test);

        await own.Topology.App.ResourceCommands.ExecuteCommandAsync(stubborn.ResourceId, KnownResourceCommands.StopCommand, Test);
        var ended = await UntilAsync("worker", now => now.ResourceId == stubborn.ResourceId && KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text));
        Assert.NotEqual(0, ended.Snapshot.ExitCode);

        // One that crashes after it is started again: by then it would have been as well.
        var other = await UntilAsync("worker", now => now.ResourceId != stubborn.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running);
        Kill(Pid(other));
        await UntilAsync("worker", now => now.ResourceId == other.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(other));
        Assert.True(Notifications.TryGetCurrentState(stubborn.ResourceId, out var now));
        Assert.Contains(now.Snapshot.State?.Text, KnownResourceStates.TerminalStates);
        Assert.Equal(restarts, RestartLines(stubborn).Count); // a restart is logged before its pause

        await own.Topology.App.ResourceCommands.ExecuteCommandAsync(stubborn.ResourceId, KnownResourceCommands.StartCommand, Test);
        await own.Topology.HealthyAsync("worker");
    }

    [Fact]
    public async Task AWorkerThatCannotStartWhileTheApiIsStoppedIsTriedWithGrowingPauses()
    {
        await own.Topology.AllRunAsync("worker");
        var killed = await own.Topology.HealthyAsync("worker");
        var before = RestartLines(killed).Count;
        await own.Topology.CommandAsync("api", KnownResourceCommands.StopCommand);
        await UntilAsync("api", now => KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text));

        Kill(Pid(killed));

        var tries = await Eventually.GetAsync(() => Task.FromResult(RestartLines(killed)[before..]), lines => lines.Count >= 3);
        // The first is that of the kill, whose pause depends on how long the worker had run.
        Assert.All(tries[1..3], line => Assert.Contains("could not be started; starting again in ", line, StringComparison.Ordinal));
        Assert.Equal(Math.Min(30, 2 * SecondsOf(tries[1])), SecondsOf(tries[2]));

        await own.Topology.CommandAsync("api", KnownResourceCommands.StartCommand);
        await UntilAsync("worker", now => now.ResourceId == killed.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(killed));
    }

    [Fact]
    public async Task WhatEndsAgainAndAgainIsStartedWithGrowingPauses()
    {
        using var folder = new TemporaryFolder();
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ImagePrediction_AppHost>(
            ["--DATA_DIR", folder.Path, "--PORT", "0", "--SERVERS", "native"], Test);
        var api = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "api");
        foreach (var other in builder.Resources.Where(resource => resource != api).ToList())
            builder.Resources.Remove(other);
        foreach (var needed in api.Annotations.Where(annotation => annotation is WaitAnnotation or EnvironmentCallbackAnnotation).ToList())
            api.Annotations.Remove(needed);
        // The runtime refuses to start with a hook that is not there.
        builder.CreateResourceBuilder(api).WithEnvironment("DOTNET_STARTUP_HOOKS", "/nowhere/hook.dll");
        await using var app = await builder.BuildAsync(Test);
        await app.StartAsync(Test);

        var instance = (await app.ResourceNotifications.WaitForResourceAsync("api", now => now.Snapshot.State?.Text == KnownResourceStates.Running, Test)).ResourceId;
        List<(string Line, DateTime At)> said = [];
        await foreach (var lines in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(instance).WithCancellation(Test))
        {
            said.AddRange(lines.Where(line => line.Content.Contains("starting again", StringComparison.Ordinal))
                .Select(line => (line.Content, DateTime.Parse(line.Content.Split(' ')[0]))));
            if (said.Count >= 3)
                break;
        }
        Assert.Collection(said.Take(3), first => Assert.EndsWith("in 1 s", first.Line, StringComparison.Ordinal),
            second => Assert.EndsWith("in 2 s", second.Line, StringComparison.Ordinal), third => Assert.EndsWith("in 2 s", third.Line, StringComparison.Ordinal));
        Assert.True(said[1].At - said[0].At >= TimeSpan.FromSeconds(1) && said[2].At - said[1].At >= TimeSpan.FromSeconds(2), "The pauses were not made.");
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task AServerWhoseScriptIsKilledDoesNotStayBehind(string resource)
    {
        var instance = await own.Topology.HealthyAsync(resource);

        MachineProcesses.Kill(Pid(instance));

        await UntilAsync(resource, now => now.ResourceId == instance.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(instance));
        await own.Topology.HealthyAsync(resource);
        own.Topology.Database.Clear();
        await own.Topology.AllSucceedAsync([await AcceptedAsync()]);
    }

    /// <summary>Right after Redis or Postgres was away a request may still find it so.</summary>
    private async Task<Guid> AcceptedAsync()
    {
        using var response = await Eventually.GetAsync(() => own.Topology.PostAsync(Photos.Jpeg(64, 48)), answer => answer.StatusCode == System.Net.HttpStatusCode.Accepted);
        return (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();
    }

    private List<string> RestartLines(ResourceEvent instance) => [.. File.ReadLines(Path.Combine(own.Topology.Data, "logs", "worker.log"))
        .Where(line => line.StartsWith(instance.ResourceId, StringComparison.Ordinal) && line.Contains("starting again", StringComparison.Ordinal))];

    private static int SecondsOf(string line) => int.Parse(line.Split(' ')[^2]);

    private static int Pid(ResourceEvent instance) => (int)instance.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;

    /// <summary>Kills the process, and first the server that it may have started: that is what crashes.</summary>
    private static void Kill(int pid)
    {
        var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        MachineProcesses.Kill(children is [var server] ? int.Parse(server) : pid);
    }
}
