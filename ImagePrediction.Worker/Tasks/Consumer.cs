using System.Diagnostics;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// The main loop: takes as many hints as can be started soon, claims their rows, hands them to the pipeline. A suspect, whose
/// last worker was lost, runs only with nothing else in hand, so that an image that kills the worker affects no other.
/// </summary>
internal sealed class Consumer(
    ModelHost model, TaskQueue queue, WorkerFlow flow, QueuePause pause, TasksInHand hand, Pipeline pipeline, WorkerMetrics metrics,
    IOptions<WorkerOptions> options, ILogger<Consumer> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    // While the lanes have work, hints accumulate for a moment, so that one statement claims them all.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan SuspectsTurn = TimeSpan.FromSeconds(1);

    private readonly string _me = options.Value.Identity;
    private readonly Signal _nudge = new();
    private bool _isPaused;
    private bool _suspectsHinted = true;
    private bool _idle;
    private long _suspectsSeenAt;
    private long _tookAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await model.Ready.WaitAsync(stoppingToken);
        logger.TakesWork(_me);
        var subscribed = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!subscribed)
                {
                    await WarmUpAsync();
                    await queue.SubscribeWorkAsync(Wake);
                    subscribed = true;
                }
                await TakeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.CannotTakeWork(exception.Message);
                await Task.Delay(Poll, stoppingToken);
            }
        }
    }

    /// <summary>Finishes what it can within the grace period and hands the rest back, without a loss.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        pipeline.BeginNothingMore();
        await HandBackAsync(task => task.Began == 0, cancellationToken);
        using var grace = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        grace.CancelAfter(options.Value.Grace);
        try
        {
            await hand.WaitUntilAtMostAsync(0, grace.Token);
        }
        catch (OperationCanceledException)
        {
            await HandBackAsync(_ => true, cancellationToken);
        }
    }

    /// <summary>Connects, compiles and prepares the statements, with nothing to claim, so that the first image need not wait for that.</summary>
    private async Task WarmUpAsync()
    {
        for (var use = 0; use < 2; use++) // a statement is prepared on its second use
        {
            await flow.ClaimAsync([], suspects: false, _me);
            await flow.FinishAsync([]);
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (_isPaused)
            await WaitUntilResumedAsync(cancellationToken);
        if (SuspectsAreDue)
            await TakeSuspectsAsync(cancellationToken);
        if (_isPaused)
            return;

        var target = pipeline.Target;
        await hand.WaitUntilAtMostAsync(target / 2, cancellationToken);
        if (hand.Count > 0 && Gather - Stopwatch.GetElapsedTime(_tookAt) is { Ticks: > 0 } rest)
            await Task.Delay(rest, cancellationToken);
        _tookAt = Stopwatch.GetTimestamp();
        var hints = await queue.PopAsync(RedisKeys.Tasks, target - hand.Count);
        _idle = hints.Count == 0;
        if (!_idle)
            await ClaimAsync(hints, suspects: false);
        else if (!_suspectsHinted)
            await _nudge.WaitAsync(Poll, cancellationToken);
    }

    private async Task WaitUntilResumedAsync(CancellationToken cancellationToken)
    {
        while (await pause.SinceAsync(cancellationToken) is not null)
            await Task.Delay(Poll, cancellationToken);
        _isPaused = false;
        logger.Resumed();
    }

    private async Task TakeSuspectsAsync(CancellationToken cancellationToken)
    {
        _suspectsHinted = false;
        _suspectsSeenAt = Environment.TickCount64;
        while (await queue.PopAsync(RedisKeys.Suspects, 1) is { Count: > 0 } suspect)
        {
            await hand.WaitUntilAtMostAsync(0, cancellationToken);
            logger.RunsSuspect(suspect[0].Id);
            await ClaimAsync(suspect, suspects: true);
            await hand.WaitUntilAtMostAsync(0, cancellationToken);
            if (_isPaused || Environment.TickCount64 - _suspectsSeenAt > SuspectsTurn.TotalMilliseconds)
            {
                _suspectsHinted = true; // there may be more, but the other tasks have waited long enough
                break;
            }
        }
        _suspectsSeenAt = Environment.TickCount64;
    }

    // Checked every other second, or when notified; other tasks, if there are any, get their turn in between.
    private bool SuspectsAreDue => Environment.TickCount64 - _suspectsSeenAt is var since
        && (since > 2 * SuspectsTurn.TotalMilliseconds || (_suspectsHinted && (_idle || since > SuspectsTurn.TotalMilliseconds)));

    // Not canceled by a stop: a claim whose result nobody reads would count as a loss of its rows.
    private async Task ClaimAsync(IReadOnlyList<Hint> hints, bool suspects)
    {
        if (await flow.ClaimAsync(hints, suspects, _me) is not { } claimed)
        {
            _isPaused = true;
            logger.Paused();
            return;
        }
        metrics.Claimed(claimed);
        foreach (var claim in claimed)
            pipeline.Add(new TaskInHand(claim, suspects));
    }

    private async Task HandBackAsync(Func<TaskInHand, bool> which, CancellationToken cancellationToken)
    {
        var tasks = hand.Tasks.Where(which).ToList();
        if (tasks.Count == 0)
            return;
        logger.HandsBack(tasks.Count);
        try
        {
            await flow.HandBackAsync([.. tasks.Select(task => task.Claim)], TimeSpan.Zero, cancellationToken);
        }
        catch (Exception away) when (DatabaseAway.Means(away))
        {
            // The leases expire instead.
        }
        foreach (var task in tasks)
            hand.Remove(task);
    }

    private void Wake(RedisKey list)
    {
        if (list == RedisKeys.Suspects)
            _suspectsHinted = true;
        _nudge.Set();
    }

    public override void Dispose()
    {
        _nudge.Dispose();
        base.Dispose();
    }
}
