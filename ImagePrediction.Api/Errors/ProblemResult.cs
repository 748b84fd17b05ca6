using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api.Errors;

/// <summary>Answers with a problem, whatever the client says it accepts.</summary>
/// <param name="type">What kind.</param>
/// <param name="detail">What is wrong with this request and what to do about it, in a sentence.</param>
/// <param name="retryAfter">When trying again can help; null where it cannot.</param>
internal sealed class ProblemResult(ProblemType type, string detail, TimeSpan? retryAfter = null) : IResult
{
    // A client that is still sending may never read an answer behind which the connection is closed.
    private const int WorthReceiving = 21 << 20;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = type.Status;
        if ((retryAfter ?? type.RetryAfter) is { } delay)
            response.Headers.RetryAfter = Math.Ceiling(delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (type == ProblemType.Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        // What is left of a larger body is not worth receiving.
        if (httpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
            && httpContext.Request.ContentLength is null or > WorthReceiving)
            response.Headers.Connection = "close";
        var problem = new ProblemDetails { Type = "/problems/" + type.Name, Title = type.Title, Status = type.Status, Detail = detail };
        problem.Extensions["trace_id"] = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        // Its texts quote what was sent: no browser may take them for a page.
        response.Headers.XContentTypeOptions = "nosniff";
        return response.WriteAsJsonAsync(problem, options: null, "application/problem+json", httpContext.RequestAborted);
    }
}
