using System.Threading.RateLimiting;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Submit;

/// <summary>Limits concurrent uploads: each holds a file and a connection, however slow it is.</summary>
internal sealed class UploadLimit(IOptions<UploadOptions> options) : IEndpointFilter, IDisposable
{
    private static readonly TimeSpan WhenPlacesMayBeFree = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<HttpContext> _places = Client.Places(options.Value.MaxAtOnce, options.Value.MaxAtOncePerKey);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using var place = _places.AttemptAcquire(context.HttpContext);
        return place.IsAcquired ? await next(context)
            : new ProblemResult(ProblemType.TooManyUploads, "Try again once some of the uploads in progress have finished.", WhenPlacesMayBeFree);
    }

    public void Dispose() => _places.Dispose();
}
