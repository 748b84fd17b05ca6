using System.Diagnostics;

namespace ImagePrediction;

/// <summary>
/// Lets many callers share one round trip: while a batch is under way, the calls that come in wait and go together
/// in the next. Alone, a call goes at once, so nothing is ever delayed to fill a batch. In a trace the batch belongs to the
/// first of its calls that is recorded.
/// </summary>
/// <param name="run">Carries out a batch; returns one result for each item, in the same order. Its failure is every caller's.</param>
/// <param name="maxBatch">How many items one batch takes at most.</param>
/// <param name="concurrency">How many batches may be under way at once.</param>
public sealed class Batcher<TItem, TResult>(
    Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> run, int maxBatch = 256, int concurrency = 1)
{
    private readonly Queue<Call> _waiting = [];
    private int _running;

    private readonly record struct Call(TItem Item, TaskCompletionSource<TResult> Answer, Activity? Trace);

    /// <summary>Adds an item to the next batch and waits for its result.</summary>
    public Task<TResult> RunAsync(TItem item)
    {
        var answer = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            _waiting.Enqueue(new(item, answer, Activity.Current is { Recorded: true } recorded ? recorded : null));
            if (_running == concurrency)
                return answer.Task;
            _running++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static batcher => _ = batcher.DrainAsync(), this, preferLocal: false);
        return answer.Task;
    }

    private async Task DrainAsync()
    {
        while (Next() is { } batch)
        {
            try
            {
                Activity.Current = batch.Find(call => call.Trace is not null).Trace;
                var results = await run([.. batch.Select(call => call.Item)]);
                for (var i = 0; i < batch.Count; i++)
                    batch[i].Answer.SetResult(results[i]);
            }
            catch (Exception exception)
            {
                foreach (var call in batch)
                    call.Answer.TrySetException(exception);
            }
        }
    }

    private List<Call>? Next()
    {
        lock (_waiting)
        {
            if (_waiting.Count == 0)
            {
                _running--;
                return null;
            }
            List<Call> batch = new(Math.Min(_waiting.Count, maxBatch));
            while (batch.Count < maxBatch && _waiting.TryDequeue(out var call))
                batch.Add(call);
            return batch;
        }
    }
}
