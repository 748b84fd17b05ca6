using System.Diagnostics;
using ImagePrediction.Flow;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// Renews the leases of all tasks in hand, and terminates the process when a task hangs: a native call cannot be canceled.
/// Runs on its own thread and waits for nothing else, so that no lane can starve it.
/// </summary>
internal sealed class LeaseKeeper(
    WorkerFlow flow, RescueFlow rescue, TasksInHand hand, WorkerMetrics metrics, IServiceProvider services, IOptions<WorkerOptions> options,
    ILogger<LeaseKeeper> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly ManualResetEventSlim _stopped = new();
    private Thread? _thread;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Keep) { IsBackground = true, Name = "leases" };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stopped.Set();
        _thread?.Join(LastWords);
        return Task.CompletedTask;
    }

    private void Keep()
    {
        var next = Stopwatch.StartNew();
        var wait = RenewEvery;
        while (!_stopped.Wait(Tick))
        {
            if (hand.Tasks.MaxBy(task => task.Active) is { } slowest && slowest.Active > options.Value.TaskTimeout)
                EndProcess(slowest);
            if (next.Elapsed < wait)
                continue;
            wait = TryRenew() ? RenewEvery : RetryAfter;
            next.Restart();
        }
    }

    private bool TryRenew()
    {
        var tasks = hand.Tasks.ToList();
        if (tasks.Count == 0)
            return true;
        try
        {
            var held = flow.Renew([.. tasks.Select(task => task.Claim)]);
            foreach (var task in tasks.Where(task => !held.Contains(task.Claim.Id)))
                task.IsLost = true;
            return true;
        }
        catch (Exception exception)
        {
            logger.CannotRenew(exception.Message);
            return false;
        }
    }

    /// <summary>Counts a loss for the hung task, hands the other tasks back without one, and kills the process.</summary>
    private void EndProcess(TaskInHand hung)
    {
        logger.TaskHangs(hung.Claim.Id, hung.Active);
        using var limit = new CancellationTokenSource(LastWords);
        try
        {
            metrics.TimedOut(rescue.RescueHungAsync(hung.Claim, limit.Token).GetAwaiter().GetResult().Failed);
            var neighbours = hand.Tasks.Where(task => task != hung).Select(task => task.Claim).ToList();
            flow.HandBackAsync(neighbours, TimeSpan.Zero, limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            logger.CannotRenew(exception.Message); // the leases expire instead
        }
        services.GetService<MeterProvider>()?.ForceFlush((int)LastWords.TotalMilliseconds);
        Thread.Sleep(Tick); // lets the log and the pushes be sent
        Process.GetCurrentProcess().Kill();
    }

    /// <summary>Also ends the thread after an aborted start, when <see cref="StopAsync"/> is not called.</summary>
    public void Dispose()
    {
        _stopped.Set();
        _thread?.Join();
        _stopped.Dispose();
    }
}
