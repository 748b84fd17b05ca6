using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api.Errors;

/// <summary>Responds with a problem, whatever the request's Accept header says.</summary>
/// <param name="type">The problem type.</param>
/// <param name="detail">What is wrong with this request and what to do about it, in a sentence.</param>
/// <param name="retryAfter">The delay after which retrying can help; null for the type's default.</param>
internal sealed class ProblemResult(ProblemType type, string detail, TimeSpan? retryAfter = null) : IResult
{
    // Up to this size the connection stays open: a client that is cut off while still sending may never read the response.
    private const int WorthReceiving = 21 << 20;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = type.Status;
        if ((retryAfter ?? type.RetryAfter) is { } delay)
            response.Headers.RetryAfter = Math.Ceiling(delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (type == ProblemType.Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        // The rest of a larger body is not worth receiving.
        if (httpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
            && httpContext.Request.ContentLength is null or > WorthReceiving)
            response.Headers.Connection = "close";
        var problem = new ProblemDetails { Type = "/problems/" + type.Name, Title = type.Title, Status = type.Status, Detail = detail };
        problem.Extensions["trace_id"] = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        // The text quotes user input, so browsers must not interpret it as a page.
        response.Headers.XContentTypeOptions = "nosniff";
        return response.WriteAsJsonAsync(problem, options: null, "application/problem+json", httpContext.RequestAborted);
    }
}
