using System.ComponentModel;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Api.Read;
using ImagePrediction.Flow;
using ImagePrediction.Images;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImagePrediction.Api.Change;

/// <summary>Canceling, retrying and deleting predictions.</summary>
internal static class ChangeApi
{
    private const int MostRetried = 1000;

    public static void MapChange(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/image_prediction/{id}").WithTags("Predictions").RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);
        group.MapPost("/cancel", Cancel).WithName("CancelPrediction").WithSummary("Cancel a prediction")
            .RequireAuthorization(Scopes.Write).ProducesProblem(409);
        group.MapPost("/retry", Retry).WithName("RetryPrediction").WithSummary("Retry a failed prediction")
            .RequireAuthorization(Scopes.Operator).ProducesProblem(409);
        routes.MapPost("/image_predictions/retry", RetryMany).WithName("RetryPredictions").WithSummary("Have failed predictions tried again, by the reason")
            .WithTags("Predictions").RequireRateLimiting(RequestRate.Policy).RequireAuthorization(Scopes.Operator)
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);
        group.MapDelete("/", Delete).WithName("DeletePrediction").WithSummary("Delete a prediction and its image")
            .RequireAuthorization(Scopes.Write);
    }

    private static async Task<Ok<PredictionResponse>> Cancel(string id, HttpContext context, VisiblePredictions visible, ClientFlow flow, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        var canceled = await flow.CancelAsync(prediction.Id)
            ?? throw new ProblemException(ProblemType.AlreadyFinal, "It became final before it could be canceled. Read it to see the result.");
        return TypedResults.Ok(Answering.Describe(context.Response, canceled, queue));
    }

    private static async Task<Accepted<PredictionResponse>> Retry(string id, HttpContext context, VisiblePredictions visible, ClientFlow flow, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        var queued = await flow.RetryAsync(prediction.Id)
            ?? throw new ProblemException(ProblemType.NotFailed, VisiblePredictions.StandingOf(prediction));
        queue.Accepted(queued.Owner);
        var response = Answering.Describe(context.Response, queued, queue);
        return TypedResults.Accepted(Links.PathOf(queued.Id), response);
    }

    private static async Task<Ok<RetriedResponse>> RetryMany(
        ClientFlow flow, [Description("Only those that failed with this code, one that the image itself is not the cause of.")] string? error_code = null)
    {
        if (string.IsNullOrEmpty(error_code) || !ErrorCodes.All.Contains(error_code))
            throw new ProblemException(ProblemType.MalformedRequest, $"The parameter 'error_code' must be one of {string.Join(", ", ErrorCodes.All.Where(ErrorCodes.MayRetryHelp))}.");
        if (!ErrorCodes.MayRetryHelp(error_code))
            throw new ProblemException(ProblemType.MalformedRequest, $"With {error_code} the image itself is at fault: the same bytes would fail again. Send another image.");
        var retried = await flow.RetryManyAsync(error_code, MostRetried);
        return TypedResults.Ok(new RetriedResponse(retried, More: retried == MostRetried));
    }

    private static async Task<NoContent> Delete(string id, HttpContext context, VisiblePredictions visible, ClientFlow flow, ImageStore images)
    {
        var prediction = await visible.FindAsync(id, context.User);
        await images.ThrowIfAwayAsync(context.RequestAborted); // or the image would outlive its row
        if (!await flow.DeleteAsync(prediction.Id))
            throw VisiblePredictions.Unknown(id);
        try
        {
            await images.DeleteAsync(prediction.Id);
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(ProblemType.ImageStoreAway, "The prediction has been deleted. Its image will be removed by itself within two days, once the image store is back.", away);
        }
        return TypedResults.NoContent();
    }
}

/// <summary>The result of retrying many predictions.</summary>
/// <param name="Retried">How many were queued again, 1,000 at most.</param>
/// <param name="More">Whether there may be more of them; if so, repeat the request.</param>
public sealed record RetriedResponse(int Retried, bool More);
