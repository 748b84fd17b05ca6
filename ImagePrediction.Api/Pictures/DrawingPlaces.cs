using System.Threading.RateLimiting;
using ImagePrediction.Api.Errors;

namespace ImagePrediction.Api.Pictures;

/// <summary>
/// Two pictures are drawn at a time, and a large one alone, since a decoder may hold it whole: that bounds memory. First
/// come, first served. Drawing has a thread of its own, so that no request waits for a thread because of it.
/// </summary>
internal sealed class DrawingPlaces : IDisposable
{
    /// <summary>A picture of more pixels is drawn alone: of the most expensive form, two of them take what one may at most.</summary>
    public const long LargePixels = 9_000_000;

    /// <summary>How many wait at most; a large one counts twice.</summary>
    public const int MaxWaiting = 32;

    private const int Places = 2;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrencyLimiter _places = new(new()
    {
        PermitLimit = Places, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Draws once there is a place.</summary>
    /// <param name="pixels">How large the original is.</param>
    /// <param name="draw">Blocks its thread, and is not canceled once begun.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ProblemException">Too many wait already.</exception>
    public async Task<T> RunAsync<T>(long pixels, Func<T> draw, CancellationToken cancellationToken)
    {
        using var lease = await _places.AcquireAsync(pixels > LargePixels ? Places : 1, cancellationToken);
        if (!lease.IsAcquired)
            throw new ProblemException(ProblemType.RateLimited, "Many pictures are waiting to be drawn. Try again in a moment.") { RetryAfter = RetryAfter };
        return await Task.Factory.StartNew(draw, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose() => _places.Dispose();
}
