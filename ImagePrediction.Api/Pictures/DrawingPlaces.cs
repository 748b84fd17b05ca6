using System.Threading.RateLimiting;
using ImagePrediction.Api.Errors;

namespace ImagePrediction.Api.Pictures;

/// <summary>
/// Bounds memory: at most two pictures are drawn at a time, and a large one alone, since a decoder may hold it whole. First
/// come, first served. Each is drawn on a dedicated thread, so that no request waits for a pool thread because of it.
/// </summary>
internal sealed class DrawingPlaces : IDisposable
{
    /// <summary>Larger pictures are drawn alone: two of this size, in the most expensive format, need as much memory as one may use.</summary>
    public const long LargePixels = 9_000_000;

    /// <summary>Maximum number of waiting pictures; a large one counts twice.</summary>
    public const int MaxWaiting = 32;

    private const int Places = 2;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrencyLimiter _places = new(new()
    {
        PermitLimit = Places, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Draws as soon as a place is free.</summary>
    /// <param name="pixels">Pixels of the original, weighted by the memory that its decoder needs.</param>
    /// <param name="draw">Blocks its thread, and is not canceled once started.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ProblemException">Too many are waiting already.</exception>
    public async Task<T> RunAsync<T>(long pixels, Func<T> draw, CancellationToken cancellationToken)
    {
        using var lease = await _places.AcquireAsync(pixels > LargePixels ? Places : 1, cancellationToken);
        if (!lease.IsAcquired)
            throw new ProblemException(ProblemType.RateLimited, "Many pictures are waiting to be drawn. Try again in a moment.") { RetryAfter = RetryAfter };
        return await Task.Factory.StartNew(draw, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose() => _places.Dispose();
}
