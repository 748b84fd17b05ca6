using ImagePrediction.Database;
using Microsoft.AspNetCore.Diagnostics;

namespace ImagePrediction.Api.Errors;

/// <summary>Turns every unhandled exception of an endpoint into a problem, and logs those that are the server's fault.</summary>
internal sealed class ProblemHandler(ILogger<ProblemHandler> logger) : IExceptionHandler
{
    private const int NoSpaceLeft = 28; // ENOSPC, which .NET passes on as HResult
    private const int QuotaExceeded = 122; // EDQUOT

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return true;

        var (type, detail) = Classify(exception, mayHaveWritten: !HttpMethods.IsGet(context.Request.Method));
        if (type.Status >= 500)
            logger.RequestFailed(exception, context.Request.Method, context.Request.Path, type.Name);
        try
        {
            await new ProblemResult(type, detail, (exception as ProblemException)?.RetryAfter).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected before it received the response, which is not an error.
        }
        return true;
    }

    private static (ProblemType Type, string Detail) Classify(Exception exception, bool mayHaveWritten) => exception switch
    {
        ProblemException problem => (problem.Type, problem.Message),
        BadHttpRequestException { StatusCode: 413 } => (ProblemType.BodyTooLarge, "The body is larger than this server accepts."),
        BadHttpRequestException { StatusCode: 408 } => (ProblemType.TooSlow, "The upload was too slow. Use a better connection, or send a smaller version of the photo."),
        BadHttpRequestException bad => (ProblemType.MalformedRequest, bad.Message),
        _ when DatabaseAway.IsFault(exception) => (ProblemType.InternalError, "The database rejected the request; the error has been logged."),
        _ when DatabaseAway.IsTimeout(exception) => (ProblemType.DatabaseSlow, "The database took too long, and nothing was changed."),
        _ when DatabaseAway.Means(exception) => (ProblemType.DatabaseAway, mayHaveWritten && !DatabaseAway.MeansNothingChanged(exception)
            ? "Whether anything was changed is unknown. Read the prediction in a moment." : "Nothing was changed. Try again in a moment."),
        IOException { HResult: NoSpaceLeft or QuotaExceeded } => (ProblemType.DiskFull, "Nothing was accepted. The operator must free disk space."),
        IOException or UnauthorizedAccessException => (ProblemType.ImageStoreAway, "Nothing was accepted. Try again in a moment."),
        _ => (ProblemType.InternalError, "The error has been logged; trying again may help."),
    };
}
