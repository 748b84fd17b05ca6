using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using Npgsql;

namespace ImagePrediction.Api.Predictions;

/// <summary>
/// Makes rows durable and hints the workers at them: commit, then push. Requests that come in while a commit is under
/// way share the next one.
/// </summary>
internal sealed class Intake
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly PredictionStore _store;
    private readonly TaskQueue _queue;
    private readonly TimeProvider _time;
    private readonly QueueSnapshot _snapshot;
    private readonly ILogger<Intake> _logger;
    private readonly Batcher<NewPrediction, DateTime?> _batches;
    private long _failedAt;

    public Intake(PredictionStore store, TaskQueue queue, QueueSnapshot snapshot, TimeProvider time, ILogger<Intake> logger)
    {
        _store = store;
        _queue = queue;
        _snapshot = snapshot;
        _time = time;
        _logger = logger;
        // Two at once: the next batch is sent while the disk syncs the last.
        _batches = new(AcceptAsync, concurrency: 2);
    }

    /// <summary>Refuses at once, before a body is read, for a moment after the database was found away.</summary>
    /// <exception cref="ProblemException">The database was away within the last second.</exception>
    public void ThrowIfAway()
    {
        if (_failedAt != 0 && _time.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause)
            throw new ProblemException(ProblemType.DatabaseAway, "Nothing was accepted. Try again in a moment.");
    }

    /// <summary>
    /// Accepts a prediction; returns its creation time once the row is durable, or null when its idempotency key was
    /// used before.
    /// </summary>
    /// <exception cref="NpgsqlException">
    /// The database is away. The row may be there all the same, so the image stays; the sweep removes it if not.
    /// </exception>
    public Task<DateTime?> AcceptAsync(NewPrediction prediction) => _batches.RunAsync(prediction);

    private async Task<IReadOnlyList<DateTime?>> AcceptAsync(IReadOnlyList<NewPrediction> batch)
    {
        try
        {
            var createdAt = await _store.InsertAsync(batch);
            List<Hint> hints = new(batch.Count);
            for (var i = 0; i < batch.Count; i++)
            {
                if (createdAt[i] is not { } at)
                    continue;
                hints.Add(new(batch[i].Id, at));
                _snapshot.Accepted(batch[i].Owner);
            }
            _queue.Push(RedisKeys.Tasks, hints);
            return createdAt;
        }
        catch (Exception exception) when (DatabaseAway.Means(exception))
        {
            Volatile.Write(ref _failedAt, _time.GetTimestamp());
            _logger.AcceptFailed(Pause, exception);
            throw;
        }
    }
}
