using System.Threading.RateLimiting;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Submit;

/// <summary>Limits concurrent uploads: each holds a file and a connection, however slow it is.</summary>
internal sealed class UploadLimit(IOptions<UploadOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _places = Client.Places(options.Value.MaxAtOnce, options.Value.MaxAtOncePerKey);

    /// <summary>A place for one upload, until it is disposed.</summary>
    /// <exception cref="ProblemException">Too many uploads are in progress.</exception>
    public RateLimitLease TakePlace(HttpContext context) => _places.AttemptAcquire(context) is { IsAcquired: true } place ? place
        : throw new ProblemException(ProblemType.TooManyUploads, "Try again once some of the uploads in progress have finished.") { RetryAfter = TimeSpan.FromSeconds(5) };

    public void Dispose() => _places.Dispose();
}
