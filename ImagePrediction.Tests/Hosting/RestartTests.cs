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
    private static readonly CancellationToken Test = TestContext.Current.CancellationToken;

    private ResourceNotificationService Notifications => own.Topology.App.ResourceNotifications;

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

        await Notifications.WaitForResourceAsync(resource,
            now => now.ResourceId == instance.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(instance), Test);
        await own.Topology.HealthyAsync(resource);
        Assert.Equal(address, own.Topology.App.GetEndpoint(resource, resource is "api" or "worker" ? "http" : "tcp"));
        own.Topology.Database.Clear(); // the test's own connections may be gone
        await own.Topology.AllSucceedAsync([await AcceptedAsync(), await AcceptedAsync()]);
    }

    [Fact]
    public async Task AnInstanceThatAStopHadToKillStaysDownUntilItIsStarted()
    {
        var stubborn = await own.Topology.HealthyAsync("worker");
        using (var freeze = Process.Start("kill", ["-STOP", $"{Pid(stubborn)}"]))
            await freeze.WaitForExitAsync(Test);

        await own.Topology.App.ResourceCommands.ExecuteCommandAsync(stubborn.ResourceId, KnownResourceCommands.StopCommand, Test);
        var ended = await Notifications.WaitForResourceAsync("worker",
            now => now.ResourceId == stubborn.ResourceId && KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text), Test);
        Assert.NotEqual(0, ended.Snapshot.ExitCode);

        // One that crashes after it is started again: by then it would have been as well.
        var other = await Notifications.WaitForResourceAsync("worker", now => now.ResourceId != stubborn.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running, Test);
        Kill(Pid(other));
        await Notifications.WaitForResourceAsync("worker",
            now => now.ResourceId == other.ResourceId && now.Snapshot.State?.Text == KnownResourceStates.Running && Pid(now) != Pid(other), Test);
        Assert.True(Notifications.TryGetCurrentState(stubborn.ResourceId, out var now));
        Assert.Contains(now.Snapshot.State?.Text, KnownResourceStates.TerminalStates);

        await own.Topology.App.ResourceCommands.ExecuteCommandAsync(stubborn.ResourceId, KnownResourceCommands.StartCommand, Test);
        await own.Topology.HealthyAsync("worker");
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
        List<string> expected = ["starting again in 1 s", "starting again in 2 s", "starting again in 4 s"];
        await foreach (var lines in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(instance).WithCancellation(Test))
        {
            foreach (var line in lines.Where(line => line.Content.Contains("starting again", StringComparison.Ordinal)))
            {
                Assert.Contains(expected[0], line.Content, StringComparison.Ordinal);
                expected.RemoveAt(0);
            }
            if (expected.Count == 0)
                return;
        }
    }

    /// <summary>Right after Redis or Postgres was away a request may still find it so.</summary>
    private async Task<Guid> AcceptedAsync()
    {
        using var response = await Eventually.GetAsync(() => own.Topology.PostAsync(Photos.Jpeg(64, 48)), answer => answer.StatusCode == System.Net.HttpStatusCode.Accepted);
        return (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();
    }

    private static int Pid(ResourceEvent instance) => (int)instance.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;

    /// <summary>Kills the process, and first the server that it may have started: that is what crashes.</summary>
    private static void Kill(int pid)
    {
        var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        MachineProcesses.Kill(children is [var server] ? int.Parse(server) : pid);
    }
}
