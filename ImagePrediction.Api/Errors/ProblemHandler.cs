using System.Globalization;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api.Errors;

/// <summary>Turns every exception that leaves an endpoint into a problem, and logs those that are ours.</summary>
internal sealed class ProblemHandler(IProblemDetailsService problems, ILogger<ProblemHandler> logger) : IExceptionHandler
{
    private const int NoSpaceLeft = 28; // ENOSPC, which .NET hands on as HResult
    private const int QuotaExceeded = 122; // EDQUOT

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return true;

        var (type, detail) = Classify(exception);
        if (type.Status >= 500)
            logger.RequestFailed(exception, context.Request.Method, context.Request.Path, type.Name);

        context.Response.StatusCode = type.Status;
        if (((exception as ProblemException)?.RetryAfter ?? type.RetryAfter) is { } delay)
            context.Response.Headers.RetryAfter = ((int)delay.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        // What is left of the body is not worth receiving.
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && context.Request.ContentLength is null or > 1_000_000)
            context.Response.Headers.Connection = "close";
        return await problems.TryWriteAsync(new()
        {
            HttpContext = context,
            ProblemDetails = new ProblemDetails
            {
                Type = "/problems/" + type.Name, Title = type.Title, Status = type.Status, Detail = detail,
            },
        });
    }

    private static (ProblemType Type, string Detail) Classify(Exception exception) => exception switch
    {
        ProblemException problem => (problem.Type, problem.Message),
        BadHttpRequestException { StatusCode: 413 } => (ProblemType.BodyTooLarge, "The body is larger than this server accepts."),
        BadHttpRequestException bad => (ProblemType.MalformedRequest, bad.Message),
        _ when DatabaseAway.Means(exception) => (ProblemType.DatabaseAway, "Nothing was accepted. Try again in a moment."),
        IOException { HResult: NoSpaceLeft or QuotaExceeded } => (ProblemType.DiskFull, "Nothing was accepted. The operator has to make room."),
        IOException or UnauthorizedAccessException => (ProblemType.ImageStoreAway, "Nothing was accepted. Try again in a moment."),
        _ => (ProblemType.InternalError, "The error has been logged; trying again may help."),
    };
}
