using ImagePrediction.Queue;
using ImagePrediction.Store;
using Npgsql;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// The last step: writes answers and faults, many in one statement, and tells those who wait. A database that is away
/// is waited for: the outcome stays in hand, and the fence decides whether it still counts.
/// </summary>
internal sealed class Outcomes
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly TaskStore _store;
    private readonly TaskQueue _queue;
    private readonly Hand _hand;
    private readonly WorkerMetrics _metrics;
    private readonly ILogger<Outcomes> _logger;
    private readonly Batcher<Outcome, bool> _batches;

    public Outcomes(TaskStore store, TaskQueue queue, Hand hand, WorkerMetrics metrics, ILogger<Outcomes> logger)
    {
        _store = store;
        _queue = queue;
        _hand = hand;
        _metrics = metrics;
        _logger = logger;
        _batches = new(FinishAsync, concurrency: 2);
    }

    /// <summary>The image is answered.</summary>
    public void Answer(TaskInHand task, Answer answer) =>
        Settle(task, () => WriteAsync(task, new() { Task = task.Claim, Elapsed = task.Elapsed, Answer = answer }));

    /// <summary>
    /// Something went wrong: a fault of the image is final, anything else is tried again later. What is neither the
    /// image's fault nor known to pass is given up after <see cref="MaxAttempts"/>.
    /// </summary>
    public void Fault(TaskInHand task, Exception exception)
    {
        switch (exception)
        {
            case ImageFaultException fault:
                Fail(task, fault.Code, fault.Message);
                break;
            case FileNotFoundException:
                Fail(task, ErrorCodes.ImageMissing, "The stored image is gone.");
                break;
            case not IOException when task.Claim.Attempt >= MaxAttempts:
                _logger.GivesUp(exception, task.Claim.Id, task.Claim.Attempt);
                Fail(task, ErrorCodes.InternalError, "The detector failed on this image, again and again.");
                break;
            default:
                Settle(task, () => TryLaterAsync(task, exception));
                break;
        }
    }

    private void Fail(TaskInHand task, string code, string detail) =>
        Settle(task, () => WriteAsync(task, new() { Task = task.Claim, Elapsed = task.Elapsed, ErrorCode = code, ErrorDetail = detail }));

    // The lanes do not wait for the database: until it has answered, the task stays in hand, which bounds how many there are.
    private void Settle(TaskInHand task, Func<Task> write) => _ = Task.Run(async () =>
    {
        while (!task.IsLost)
        {
            try
            {
                await write();
                break;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(Pause);
            }
        }
        _hand.Remove(task);
    });

    private async Task WriteAsync(TaskInHand task, Outcome outcome)
    {
        if (!await _batches.RunAsync(outcome))
            _logger.ClaimLost(task.Claim.Id, task.Claim.Attempt);
    }

    private async Task<IReadOnlyList<bool>> FinishAsync(IReadOnlyList<Outcome> outcomes)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            var finished = await _store.FinishAsync(outcomes);
            _queue.PublishDone(outcomes.Where((_, i) => finished[i]).Select(outcome => outcome.Task.Id));
            _metrics.Finished(outcomes, watch.Elapsed);
            return finished;
        }
        catch (NpgsqlException exception)
        {
            _logger.CannotFinish(outcomes.Count, exception.Message);
            throw;
        }
    }

    private async Task TryLaterAsync(TaskInHand task, Exception exception)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, task.Claim.Attempt - 1), LongestDelay.TotalSeconds));
        await _store.HandBackAsync([task.Claim], delay, CancellationToken.None);
        _metrics.Retried();
        _logger.TryLater(exception, task.Claim.Id, delay);
    }
}
