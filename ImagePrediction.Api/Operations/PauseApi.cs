using ImagePrediction.Api.Access;
using ImagePrediction.Flow;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImagePrediction.Api.Operations;

/// <summary><c>POST /queue/pause</c> and <c>/queue/resume</c>: pausing and resuming the workers.</summary>
internal static class PauseApi
{
    public static void MapPause(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/queue").WithTags("Operation").RequireAuthorization(Scopes.Operator).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);
        group.MapPost("/pause", Pause).WithName("PauseQueue").WithSummary("Have workers take no more work; what they hold is finished");
        group.MapPost("/resume", Resume).WithName("ResumeQueue").WithSummary("Have workers take work again");
    }

    private static async Task<Ok<QueueResponse>> Pause(QueuePause pause) => TypedResults.Ok(new QueueResponse(await pause.PauseAsync()));

    private static async Task<Ok<QueueResponse>> Resume(QueuePause pause)
    {
        await pause.ResumeAsync();
        return TypedResults.Ok(new QueueResponse(PausedSince: null));
    }
}

/// <summary>Whether work is paused.</summary>
/// <param name="PausedSince">When the pause began; null if work is not paused.</param>
public sealed record QueueResponse(DateTime? PausedSince);
