using static Aspire.Hosting.ApplicationModel.KnownResourceStates;

namespace LocalHosting.Processes;

/// <summary>One process of a resource, over all its starts: waits, starts, watches, starts again after a crash, stops.</summary>
internal sealed class ResourceInstance(Resource resource, int replica, ResourceProgram program, Orchestrator orchestrator)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private CancellationTokenSource _stopping = new();
    private Task _life = Task.CompletedTask;

    public Resource Resource => resource;
    public string Id { get; } = resource.IdOf(replica);

    /// <summary>Stops it, starts it (if it is not running), or both. A start returns before the process is ready.</summary>
    public async Task SwitchAsync(bool stop, bool start)
    {
        await _gate.WaitAsync();
        try
        {
            if (stop)
            {
                await _stopping.CancelAsync();
                await _life;
            }
            if (start && _life.IsCompleted)
            {
                _stopping = new CancellationTokenSource();
                Publish(Starting);
                _life = Task.Run(() => LiveAsync(_stopping.Token), CancellationToken.None);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            Publish(Waiting);
            foreach (var wait in resource.All<WaitAnnotation>())
                await orchestrator.Notifications.WaitForResourceAsync(wait.Resource.Name, e => e.IsHealthy, stopping);
            await orchestrator.TellAsync(resource, new BeforeResourceStartedEvent(resource), stopping);
            for (var failures = 0; ;)
            {
                var (exitCode, wasReady) = await RunOnceAsync(stopping);
                if (stopping.IsCancellationRequested || (exitCode == 0 && program.MayFinish))
                    return;
                // At once if it had been ready; else after 1, 2, 4 … 30 s.
                failures = wasReady ? 0 : Math.Min(failures + 1, 6);
                var pause = TimeSpan.FromSeconds(failures == 0 ? 0 : Math.Min(30, 1 << (failures - 1)));
                orchestrator.Log(Id, $"ended with exit code {exitCode}; starting again {(failures == 0 ? "at once" : $"in {pause.TotalSeconds} s")}");
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
            orchestrator.Fail(exception is DistributedApplicationException ? exception.Message : $"{Id} could not be started: {exception}");
        }
    }

    /// <summary>Runs the process once, from start to end.</summary>
    private async Task<(int ExitCode, bool WasReady)> RunOnceAsync(CancellationToken stopping)
    {
        Publish(Starting);
        using var process = Launcher.Start(await program.PrepareAsync(replica, stopping));
        orchestrator.Data.Remember(Id, process.Id);
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
        orchestrator.Data.Forget(Id);
        Publish(process.ExitCode == 0 && program.MayFinish ? Finished : Exited);
        return (process.ExitCode, wasReady);
    }

    /// <summary>Looks after its health until it ends, and says whether it was ever ready.</summary>
    private async Task<bool> WatchHealthAsync(int pid, CancellationToken ended)
    {
        var (wasReady, wasHealthy, pause) = (false, false, 50d);
        try
        {
            while (true)
            {
                var healthy = await program.IsHealthyAsync(replica, ended);
                if (healthy && !wasReady)
                    await program.CompleteAsync(ended);
                wasReady |= healthy;
                if (healthy != wasHealthy)
                    Publish(Running, pid, healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy);
                if (healthy && !wasHealthy)
                    await orchestrator.TellAsync(resource, new ResourceReadyEvent(resource), ended);
                wasHealthy = healthy;
                pause = healthy ? 5000 : Math.Min(1000, pause * 1.5);
                await Task.Delay(TimeSpan.FromMilliseconds(pause), ended);
            }
        }
        catch (Exception exception)
        {
            if (!ended.IsCancellationRequested)
                orchestrator.Log(Id, exception.Message);
            return wasReady;
        }
    }

    private async Task ShowAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (program.Shows(line))
                orchestrator.Log(Id, line);
        }
    }

    private void Publish(string state, int? pid = null, HealthStatus? health = null) => orchestrator.Publish(resource, Id, new CustomResourceSnapshot
    {
        State = new ResourceStateSnapshot(state),
        HealthStatus = health,
        Properties = pid is { } number ? [new ResourcePropertySnapshot("executable.pid", number)] : [],
    });
}
