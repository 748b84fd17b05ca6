using ImagePrediction.Store;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Events;

/// <summary>Waits for an answer on behalf of a client that asked for it with <c>Prefer: wait</c>.</summary>
internal sealed class Watcher(
    Completions completions, Streams streams, Batcher<Guid, Prediction?> predictions, IOptions<EventOptions> options, TimeProvider time)
{
    /// <summary>Begins to watch a prediction, before it is made or read; null when nobody asked to wait or too many do.</summary>
    public Watch? Begin(HttpContext context, Guid id, TimeSpan? limit) =>
        limit is { } given && streams.TryTake(context) is { } place ? new(this, place, completions.Listen(id), id, given) : null;

    /// <summary>One client's wait.</summary>
    /// <param name="watcher">Whose wait it is.</param>
    /// <param name="place">The place it takes.</param>
    /// <param name="listener">What wakes it.</param>
    /// <param name="id">The prediction.</param>
    /// <param name="limit">How long the client wants to wait.</param>
    public sealed class Watch(Watcher watcher, IDisposable place, Completions.Listener listener, Guid id, TimeSpan limit) : IDisposable
    {
        private readonly long _began = watcher.Now;

        /// <summary>How long the client wants to wait.</summary>
        public TimeSpan Limit => limit;

        /// <summary>The prediction once it is final, or as it is when the time is over; null when it was deleted.</summary>
        /// <exception cref="Npgsql.NpgsqlException">The database is away when the time is over.</exception>
        /// <param name="isNew">True when it was made after this wait began: there is nothing to read before it is told of.</param>
        /// <param name="cancellationToken">The client is gone.</param>
        public async Task<Prediction?> UntilFinalAsync(bool isNew, CancellationToken cancellationToken)
        {
            for (var isFirst = !isNew; ; isFirst = false)
            {
                var left = limit - watcher.Since(_began);
                var isOver = left <= TimeSpan.Zero || watcher.IsStopping;
                if (!isOver && !isFirst)
                    await listener.WaitAsync(left < watcher.LookAgain ? left : watcher.LookAgain, cancellationToken);
                try
                {
                    var prediction = await watcher.ReadAsync(id);
                    if (isOver || prediction is null or { IsFinal: true })
                        return prediction;
                }
                catch (Exception away) when (!isOver && DatabaseAway.Means(away))
                {
                    // It may be back before the time is over.
                }
            }
        }

        public void Dispose()
        {
            listener.Dispose();
            place.Dispose();
        }
    }

    private TimeSpan LookAgain => options.Value.LookAgain;

    private long Now => time.GetTimestamp();

    private bool IsStopping => completions.IsStopping;

    private TimeSpan Since(long began) => time.GetElapsedTime(began);

    private Task<Prediction?> ReadAsync(Guid id) => predictions.RunAsync(id);
}
