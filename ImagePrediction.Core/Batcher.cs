namespace ImagePrediction;

/// <summary>
/// Lets many callers share one round trip: while a batch is under way, the calls that come in wait and go together
/// in the next. Alone, a call goes at once, so nothing is ever delayed to fill a batch.
/// </summary>
/// <param name="run">Carries out a batch; returns one result for each item, in the same order. Its failure is every caller's.</param>
/// <param name="maxBatch">How many items one batch takes at most.</param>
/// <param name="concurrency">How many batches may be under way at once.</param>
public sealed class Batcher<TItem, TResult>(
    Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> run, int maxBatch = 256, int concurrency = 1)
{
    private readonly Queue<(TItem Item, TaskCompletionSource<TResult> Answer)> _waiting = [];
    private int _running;

    /// <summary>Adds an item to the next batch and waits for its result.</summary>
    public Task<TResult> RunAsync(TItem item)
    {
        var answer = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            _waiting.Enqueue((item, answer));
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
                var results = await run([.. batch.Select(call => call.Item)]);
                for (var i = 0; i < batch.Count; i++)
                    batch[i].Answer.SetResult(results[i]);
            }
            catch (Exception exception)
            {
                foreach (var (_, answer) in batch)
                    answer.TrySetException(exception);
            }
        }
    }

    private List<(TItem Item, TaskCompletionSource<TResult> Answer)>? Next()
    {
        lock (_waiting)
        {
            if (_waiting.Count == 0)
            {
                _running--;
                return null;
            }
            List<(TItem, TaskCompletionSource<TResult>)> batch = new(Math.Min(_waiting.Count, maxBatch));
            while (batch.Count < maxBatch && _waiting.TryDequeue(out var call))
                batch.Add(call);
            return batch;
        }
    }
}
