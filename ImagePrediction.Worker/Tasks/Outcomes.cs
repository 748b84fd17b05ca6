using System.Diagnostics;
using System.Threading.Channels;
using ImagePrediction.Database;
using ImagePrediction.Decoding;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// The last step: writes pending answers and faults, as many as possible per statement, and notifies waiting clients. While
/// the database is unavailable they stay in hand, which bounds their number; the fencing token decides whether they still count.
/// </summary>
internal sealed class Outcomes(WorkerFlow flow, TasksInHand hand, WorkerMetrics metrics, ILogger<Outcomes> logger)
    : BackgroundService
{
    private const int MaxBatch = 256;
    private const int MaxFaults = 5;
    // While more tasks are in hand, outcomes accumulate for a moment, so that one statement writes them all.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly Channel<(TaskInHand Task, Outcome? Outcome)> _settled =
        Channel.CreateUnbounded<(TaskInHand, Outcome?)>(new() { SingleReader = true });

    /// <summary>Records an image's answer.</summary>
    public void Answer(TaskInHand task, Answer answer) =>
        Settle(task, new() { Task = task.Claim, Began = task.Began, Answer = answer });

    /// <summary>
    /// Records a failure: a bad or missing image is final, anything else is retried later. Errors other than those of disk and memory
    /// fail on the fifth attempt.
    /// </summary>
    public void Fault(TaskInHand task, Exception exception)
    {
        switch (exception)
        {
            case ImageFaultException fault:
                Fail(task, fault.Code, fault.Message);
                break;
            case FileNotFoundException:
                Fail(task, ErrorCodes.ImageMissing, "The stored image no longer exists.");
                break;
            case not (IOException or UnauthorizedAccessException or OutOfMemoryException) when task.Claim.Faults + 1 >= MaxFaults:
                logger.GivesUp(exception, task.Claim.Id, task.Claim.Attempt);
                Fail(task, ErrorCodes.InternalError, "The detector failed repeatedly on this image.");
                break;
            default:
                logger.TryLater(exception, task.Claim.Id, Delay(task));
                metrics.Retried();
                Settle(task, null);
                break;
        }
    }

    /// <summary>Lets the loop write everything already settled, even while the worker stops.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _settled.Writer.TryComplete();
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<(TaskInHand Task, Outcome? Outcome)> batch = [];
        while (await _settled.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (hand.Count > 1)
                await Task.Delay(Gather, CancellationToken.None);
            while (batch.Count < MaxBatch && _settled.Reader.TryRead(out var settled))
                batch.Add(settled);
            if (!await TryWriteAsync(batch))
                foreach (var settled in batch)
                    await TryWriteAsync([settled]); // only one of them is at fault
            foreach (var (task, _) in batch)
                hand.Remove(task);
            batch.Clear();
        }
    }

    /// <summary>Writes a batch, retrying until the database accepts it; false if it never will.</summary>
    private async Task<bool> TryWriteAsync(List<(TaskInHand Task, Outcome? Outcome)> batch)
    {
        // Tasks lost meanwhile would match no row; the others are worth another try.
        while (batch.Exists(settled => !settled.Task.IsLost))
        {
            try
            {
                // In traces, the statement belongs to the first task that is recorded.
                Activity.Current = batch.Find(settled => settled.Task.Activity is { Recorded: true }).Task?.Activity;
                await FinishAsync([.. batch.Select(settled => settled.Outcome).OfType<Outcome>()]);
                foreach (var (task, _) in batch.Where(settled => settled.Outcome is null))
                    await flow.HandBackAsync([task.Claim], Delay(task), CancellationToken.None);
                return true;
            }
            catch (Exception exception) when (DatabaseAway.Means(exception) && (!DatabaseAway.IsFault(exception) || DatabaseAway.IsOfAnotherForm(exception)))
            {
                logger.CannotFinish(batch.Count, exception.Message);
                await Task.Delay(Pause);
            }
            catch (Exception exception)
            {
                logger.OutcomeRefused(exception, batch.Count);
                return false;
            }
        }
        return true;
    }

    private async Task FinishAsync(List<Outcome> outcomes)
    {
        if (outcomes.Count == 0)
            return;
        var began = Stopwatch.GetTimestamp();
        var finished = await flow.FinishAsync(outcomes);
        metrics.Committed(Stopwatch.GetElapsedTime(began));
        foreach (var outcome in outcomes)
        {
            if (finished.Contains(outcome.Task.Id))
                metrics.Finished(outcome);
            else
                logger.ClaimLost(outcome.Task.Id, outcome.Task.Attempt);
        }
    }

    private void Fail(TaskInHand task, string code, string detail)
    {
        task.Activity?.SetStatus(ActivityStatusCode.Error, code);
        Settle(task, new() { Task = task.Claim, Began = task.Began, ErrorCode = code, ErrorDetail = detail });
    }

    private void Settle(TaskInHand task, Outcome? outcome) => _settled.Writer.TryWrite((task, outcome));

    private static TimeSpan Delay(TaskInHand task) =>
        TimeSpan.FromSeconds(Math.Min(Math.Pow(2, task.Claim.Faults), LongestDelay.TotalSeconds));
}
