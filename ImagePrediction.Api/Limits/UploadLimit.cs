using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Predictions;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Limits;

/// <summary>Bounds the uploads that are received at once: each holds a file and a connection, however slowly it comes.</summary>
internal sealed class UploadLimit(IOptions<UploadOptions> options) : IEndpointFilter
{
    private static readonly TimeSpan WhenPlacesMayBeFree = TimeSpan.FromSeconds(5);

    private readonly Places _places = new(options.Value.MaxAtOnce, options.Value.MaxAtOncePerKey);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using var place = _places.TryTake(context.HttpContext);
        return place is not null ? await next(context)
            : new ProblemResult(ProblemType.TooManyUploads, "Wait until some of the uploads under way have ended.", WhenPlacesMayBeFree);
    }
}
