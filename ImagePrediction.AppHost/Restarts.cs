using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.AppHost;

/// <summary>
/// Restarts crashed resources, as any platform in production does and Aspire does not: at once if they had run for
/// a while, else after 1, 2, 4 … 30 s, or 2 s at most if they were killed. A resource that was asked to stop stays down, even if it had to be killed for that.
/// </summary>
internal sealed class Restarts(
    ResourceNotificationService notifications, ResourceLoggerService loggers, ResourceCommandService commands, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    /// <summary>The exit code of a process that cannot run as configured (EX_CONFIG of sysexits.h): its last lines say why.</summary>
    private const int CannotRun = 78;

    // A process that ends by itself soon after its start will do so again; one that was killed may have been ready already.
    private static readonly TimeSpan StableIfItEnds = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StableIfKilled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30), LongestIfKilled = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Instance> _instances = [];
    private readonly ConcurrentDictionary<string, bool> _saidWhy = [];

    private sealed class Instance
    {
        public DateTime? StartedAt { get; set; }
        public bool WasAskedToStop { get; set; }
        public bool HasEnded { get; set; }
        public DateTime? EndedAt { get; set; }
        public int Ends { get; set; }
        public int EarlyEnds { get; set; }
        public bool HasBeenHealthy { get; set; }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(lifetime.ApplicationStopping))
                if (change.Resource is ProjectResource or NativeServer)
                    Follow(change, lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // The application is stopping, so nothing is restarted any more.
        }
    }

    private void Follow(ResourceEvent change, CancellationToken stopping)
    {
        var (id, now) = (change.ResourceId, change.Snapshot);
        if (!_instances.TryGetValue(id, out var instance))
            _instances[id] = instance = new();
        var state = now.State?.Text;
        if (now.StartTimeStamp != instance.StartedAt || state == KnownResourceStates.Starting)
            (instance.StartedAt, instance.WasAskedToStop, instance.HasEnded) = (now.StartTimeStamp, false, false);
        instance.HasBeenHealthy |= change.Resource is ProjectResource && now.HealthStatus == HealthStatus.Healthy && state == KnownResourceStates.Running;
        if (instance.HasBeenHealthy)
            _saidWhy.TryRemove(change.Resource.Name, out _);
        if (state == KnownResourceStates.Stopping)
        {
            instance.WasAskedToStop = true;
        }
        else if (!instance.HasEnded && KnownResourceStates.TerminalStates.Contains(state) && !IsOfEarlierRun(now, instance))
        {
            (instance.HasEnded, instance.EndedAt) = (true, now.StopTimeStamp ?? instance.EndedAt);
            instance.Ends++;
            if (!instance.WasAskedToStop && (now.ExitCode != 0 || state == KnownResourceStates.FailedToStart))
                _ = AfterACrashAsync(change, instance, stopping); // not awaited: others may crash meanwhile
        }
    }

    /// <summary>Aspire may report the end of the last run once more while the next one is being started.</summary>
    private static bool IsOfEarlierRun(CustomResourceSnapshot end, Instance instance) =>
        end.State?.Text != KnownResourceStates.FailedToStart && end.StopTimeStamp is { } endedAt && endedAt == instance.EndedAt;

    private async Task AfterACrashAsync(ResourceEvent crash, Instance instance, CancellationToken stopping)
    {
        // If it could not be started, for instance because what it needs is stopped, exit code and times are those of its last run.
        var hasRun = crash.Snapshot.State?.Text != KnownResourceStates.FailedToStart;
        if (hasRun && crash.Snapshot.ExitCode == CannotRun)
        {
            if (_saidWhy.TryAdd(crash.Resource.Name, true)) // its replicas would print the same
                await SayWhyAsync(crash.ResourceId);
            // If it has worked before, it may work again once the cause is fixed.
            if (!instance.HasBeenHealthy)
            {
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
        }
        var killed = hasRun && crash.Snapshot.ExitCode is -1 or 137; // 137: a server that was killed, as reported by its script
        var ranFor = hasRun ? crash.Snapshot.StopTimeStamp - crash.Snapshot.StartTimeStamp : null;
        instance.EarlyEnds = ranFor > (killed ? StableIfKilled : StableIfItEnds) ? 0 : instance.EarlyEnds + 1;
        var pause = PauseAfter(instance.EarlyEnds, killed);
        var ends = instance.Ends;
        var end = killed ? "was killed" : hasRun && crash.Snapshot.ExitCode is { } code ? $"ended with exit code {code}" : "could not be started";
        var next = pause == TimeSpan.Zero ? "starting again at once" : $"starting again in {pause.TotalSeconds} s";
        loggers.GetLogger(crash.ResourceId).LogWarning("{End}; {Next}", end, next);
        await Console.Out.WriteLineAsync($"{ResourceLogs.NameOf(crash)} {end}; {next}");
        await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Somebody may have started it meanwhile; if it has ended again, that end has a pause of its own.
        if (stopping.IsCancellationRequested || !instance.HasEnded || instance.Ends != ends)
            return;
        var result = await commands.ExecuteCommandAsync(crash.ResourceId, KnownResourceCommands.StartCommand, stopping);
        if (!result.Success)
            loggers.GetLogger(crash.ResourceId).LogError("Could not be started again: {Message}", result.Message);
    }

    /// <summary>How long to wait after so many early ends in a row, of which the last was a kill or not.</summary>
    internal static TimeSpan PauseAfter(int earlyEnds, bool killed) => earlyEnds == 0 ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min((killed ? LongestIfKilled : Longest).TotalSeconds, Math.Pow(2, earlyEnds - 1)));

    private async Task SayWhyAsync(string id)
    {
        await foreach (var lines in loggers.GetAllAsync(id))
            foreach (var line in lines.Where(line => line.IsErrorMessage))
                await Console.Error.WriteLineAsync(ResourceLogs.WithoutTime(line.Content));
    }
}
