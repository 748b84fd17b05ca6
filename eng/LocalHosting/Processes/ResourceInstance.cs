using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Aspire.Hosting.ApplicationModel.KnownResourceStates;

namespace LocalHosting.Processes;

/// <summary>One process of a resource, over all its starts: waits, starts, watches, starts again after a crash, stops.</summary>
internal sealed class ResourceInstance(Resource resource, string id, int replica, ResourceProgram program, Orchestrator orchestrator)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private CancellationTokenSource _stopping = new();
    private Task _life = Task.CompletedTask;

    public Resource Resource => resource;
    public string Id => id;
    public bool IsServer => resource is ContainerResource;

    /// <summary>Starts it, unless it is started already.</summary>
    public Task StartAsync() => GuardedAsync(() => { Begin(); return Task.CompletedTask; });

    public Task StopAsync() => GuardedAsync(EndAsync);

    public Task RestartAsync() => GuardedAsync(async () =>
    {
        await EndAsync();
        Begin();
    });

    private async Task GuardedAsync(Func<Task> action)
    {
        await _gate.WaitAsync();
        try
        {
            await action();
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Begin()
    {
        if (!_life.IsCompleted)
            return;
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        var token = _stopping.Token;
        Publish(Starting);
        _life = Task.Run(() => LiveAsync(token), CancellationToken.None);
    }

    private async Task EndAsync()
    {
        if (_life.IsCompleted)
            return;
        await _stopping.CancelAsync();
        await _life;
    }

    private async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            Publish(Waiting);
            await orchestrator.AwaitDependenciesAsync(resource, stopping);
            await orchestrator.StartingAsync(resource, stopping);
            for (var failures = 0; ; )
            {
                var (exitCode, wasReady) = await RunOnceAsync(stopping);
                if (stopping.IsCancellationRequested || (exitCode == 0 && program.MayFinish))
                    return;
                failures = wasReady ? 0 : failures + 1;
                var pause = failures == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, failures - 1)));
                orchestrator.Log(id, $"ended with exit code {exitCode}; starting again {(failures == 0 ? "at once" : $"in {pause.TotalSeconds} s")}");
                await Task.Delay(pause, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Publish(Exited);
        }
        catch (Exception exception)
        {
            Publish(FailedToStart);
            orchestrator.Fail(exception is DistributedApplicationException ? exception.Message : $"{id} could not be started: {exception}");
        }
    }

    /// <summary>Runs the process once, from start to end.</summary>
    private async Task<(int ExitCode, bool WasReady)> RunOnceAsync(CancellationToken stopping)
    {
        Publish(Starting);
        using var process = Launcher.Start(await program.PrepareAsync(replica, stopping));
        orchestrator.Data.Remember(id, process.Id);
        var output = Task.WhenAll(ShowAsync(process.StandardOutput), ShowAsync(process.StandardError));
        Publish(Running, process.Id, HealthStatus.Unhealthy);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ready = WatchHealthAsync(process.Id, ended.Token);
        try
        {
            await process.WaitForExitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            Publish(Stopping, process.Id);
            await Native.EndAsync(process.Id, program.StopSignal, program.Grace);
            await process.WaitForExitAsync(CancellationToken.None);
        }
        await ended.CancelAsync();
        var wasReady = await ready;
        // What Postgres leaves behind when it is killed ends a moment later, and only then closes the pipe.
        await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None));
        orchestrator.Data.Forget(id);
        Publish(process.ExitCode == 0 && program.MayFinish ? Finished : Exited, exitCode: process.ExitCode);
        return (process.ExitCode, wasReady);
    }

    /// <summary>Looks after its health until it ends, and says whether it was ever ready.</summary>
    private async Task<bool> WatchHealthAsync(int pid, CancellationToken ended)
    {
        var (wasReady, last, pause) = (false, false, TimeSpan.FromMilliseconds(50));
        try
        {
            while (true)
            {
                var healthy = await program.IsHealthyAsync(replica, orchestrator.Services, ended);
                if (healthy && !wasReady)
                {
                    await program.CompleteAsync(ended);
                    wasReady = true;
                }
                if (healthy != last)
                {
                    Publish(Running, pid, healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy);
                    if (healthy)
                        await orchestrator.ReadyAsync(resource, ended);
                }
                last = healthy;
                pause = healthy ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(Math.Min(1000, pause.TotalMilliseconds * 1.5));
                await Task.Delay(pause, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return wasReady;
        }
        catch (Exception exception)
        {
            orchestrator.Log(id, exception.Message);
            return wasReady;
        }
    }

    private async Task ShowAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (program.Shows(line))
                orchestrator.Log(id, line);
        }
    }

    private void Publish(string state, int? pid = null, HealthStatus? health = null, int? exitCode = null)
    {
        CustomResourceSnapshot Change(CustomResourceSnapshot old) => old with
        {
            State = state,
            HealthStatus = health,
            ExitCode = exitCode,
            Properties = pid is { } number ? [new ResourcePropertySnapshot("executable.pid", number)] : [],
            StartTimeStamp = state == Running ? old.StartTimeStamp ?? DateTime.UtcNow : null,
        };
        _ = orchestrator.Notifications.PublishUpdateAsync(resource, id, Change);
        // A database is what its server is.
        foreach (var database in orchestrator.Databases(resource))
            _ = orchestrator.Notifications.PublishUpdateAsync(database, database.Name, Change);
    }
}
