using System.Diagnostics;

namespace ImagePrediction;

/// <summary>
/// Combines concurrent calls into batches: calls that arrive while earlier batches are still running form the next one. If
/// there is a free slot, a call starts at once, so none is ever delayed to fill a batch. In traces, a batch belongs to the
/// first of its calls that is recorded.
/// </summary>
/// <param name="run">Runs a batch and returns one result per item, in the same order. If it throws, every call in the batch fails.</param>
/// <param name="maxBatch">Maximum number of items per batch.</param>
/// <param name="concurrency">Maximum number of batches running at once.</param>
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
