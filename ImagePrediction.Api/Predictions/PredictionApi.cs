using System.Globalization;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Events;
using ImagePrediction.Api.Limits;
using ImagePrediction.Api.OpenApi;
using ImagePrediction.Images;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Predictions;

/// <summary>The routes under <c>/image_prediction</c>.</summary>
internal static class PredictionApi
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static void MapPredictions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/image_prediction").WithTags("Predictions").RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);
        group.MapPost("/", Post).WithName("CreatePrediction").WithSummary("Ask whether there is a dog in a photo")
            .RequireAuthorization(Scopes.Write).AddEndpointFilter<QueueLimit>().AddEndpointFilter<UploadLimit>().AddOpenApiOperationTransformer(UploadDescription.Describe)
            .ProducesProblem(400).ProducesProblem(408).ProducesProblem(410).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(507);
        group.MapGet("/{id}", Get).WithName("GetPrediction").WithSummary("Read a prediction")
            .RequireAuthorization(Scopes.Read).Produces(304).ProducesProblem(404);
        group.MapGet("/{id}/events", Events).WithName("WatchPrediction").WithSummary("Be told of every change")
            .RequireAuthorization(Scopes.Read).Produces<PredictionResponse>(200, "text/event-stream").Produces(204).ProducesProblem(404);
        group.MapPost("/{id}/cancel", Cancel).WithName("CancelPrediction").WithSummary("Call a prediction off")
            .RequireAuthorization(Scopes.Write).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("/{id}/retry", Retry).WithName("RetryPrediction").WithSummary("Have a failed prediction tried again")
            .RequireAuthorization(Scopes.Operator).ProducesProblem(404).ProducesProblem(409);
        group.MapDelete("/{id}", Delete).WithName("DeletePrediction").WithSummary("Delete a prediction and its image")
            .RequireAuthorization(Scopes.Write).ProducesProblem(404);
    }

    private static async Task<Results<Accepted<PredictionResponse>, Ok<PredictionResponse>>> Post(
        HttpContext context, Submission submission, Watcher watcher, QueueSnapshot queue, Batcher<Guid, Prediction?> predictions)
    {
        var id = Guid.CreateVersion7();
        var wait = RequestHeaders.PreferWait(context.Request);
        using var watch = watcher.Begin(context, id, wait);
        var result = await submission.AcceptAsync(context, id);
        if (result.CreatedAt is not { } createdAt)
        {
            var first = await predictions.RunAsync(result.ReplayOf) ?? throw new ProblemException(ProblemType.Deleted,
                "The image was accepted under this Idempotency-Key before, and then deleted.");
            context.Response.Headers["Idempotent-Replayed"] = "true";
            return Answer(context, await WaitAsync(watcher, context, first, wait) ?? first, queue);
        }
        if (watch is not null && await WaitAsync(watch, isNew: true, context) is { } prediction)
            return Answer(context, prediction, queue);

        var info = queue.InfoOfLast();
        var response = PredictionResponse.From(result.New, createdAt, info);
        RetryAfter(context.Response, queue.TimeFor(info.Position));
        return TypedResults.Accepted(response.Links.Self, response);
    }

    /// <summary>200 with a final prediction, 202 with any other.</summary>
    private static Results<Accepted<PredictionResponse>, Ok<PredictionResponse>> Answer(HttpContext context, Prediction prediction, QueueSnapshot queue)
    {
        var response = Describe(context.Response, prediction, queue);
        if (!prediction.IsFinal)
            return TypedResults.Accepted(response.Links.Self, response);
        context.Response.Headers.Location = response.Links.Self;
        return TypedResults.Ok(response);
    }

    /// <summary>What was accepted is accepted, also if it cannot be read again or is deleted meanwhile: null then.</summary>
    private static async Task<Prediction?> WaitAsync(Watcher.Watch watch, bool isNew, HttpContext context)
    {
        RequestHeaders.PreferenceApplied(context.Response, watch.Limit);
        try
        {
            return await watch.UntilFinalAsync(isNew, context.RequestAborted);
        }
        catch (Exception away) when (DatabaseAway.Means(away))
        {
            return null;
        }
    }

    /// <summary>A prediction that is there already once it is final or the wait is over; null if it was deleted meanwhile.</summary>
    private static async Task<Prediction?> WaitAsync(Watcher watcher, HttpContext context, Prediction prediction, TimeSpan? wait)
    {
        using var watch = prediction.IsFinal ? null : watcher.Begin(context, prediction.Id, wait);
        if (watch is null)
            return prediction;
        RequestHeaders.PreferenceApplied(context.Response, watch.Limit);
        return await watch.UntilFinalAsync(isNew: false, context.RequestAborted);
    }

    private static async Task<Results<Ok<PredictionResponse>, StatusCodeHttpResult>> Get(
        string id, HttpContext context, VisiblePredictions visible, Watcher watcher, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        prediction = await WaitAsync(watcher, context, prediction, RequestHeaders.PreferWait(context.Request)) ?? throw VisiblePredictions.Unknown(id);
        var response = Describe(context.Response, prediction, queue);
        return RequestHeaders.HasCurrent(context.Request, TagOf(prediction)) ? TypedResults.StatusCode(304) : TypedResults.Ok(response);
    }

    private static async Task<IResult> Events(string id, HttpContext context, VisiblePredictions visible, EventStream events) =>
        await events.SendAsync(context, await visible.FindAsync(id, context.User));

    private static async Task<Ok<PredictionResponse>> Cancel(
        string id, HttpContext context, VisiblePredictions visible, PredictionStore store, TaskQueue tasks, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        if (await store.CancelAsync(prediction.Id, context.RequestAborted) is not { } canceled)
            throw new ProblemException(ProblemType.AlreadyFinal, "It became final before it could be called off. Read it to see how.");
        tasks.PublishDone([canceled.Id]);
        return TypedResults.Ok(Describe(context.Response, canceled, queue));
    }

    private static async Task<Accepted<PredictionResponse>> Retry(
        string id, HttpContext context, VisiblePredictions visible, PredictionStore store, TaskQueue tasks, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        if (await store.RetryAsync(prediction.Id, context.RequestAborted) is not { } queued)
            throw new ProblemException(ProblemType.NotFailed, $"It is {StatusNames.Of(prediction.Status)}.");
        tasks.Push(RedisKeys.Tasks, [new(queued.Id, queued.HintedAt)]);
        queue.Accepted(queued.Owner);
        var response = Describe(context.Response, queued, queue);
        return TypedResults.Accepted(response.Links.Self, response);
    }

    private static async Task<NoContent> Delete(
        string id, HttpContext context, VisiblePredictions visible, PredictionStore store, TaskQueue tasks, ImageStore images)
    {
        var prediction = await visible.FindAsync(id, context.User);
        await images.ThrowIfAwayAsync(context.RequestAborted); // or the image would outlive its row
        var was = await store.DeleteAsync(prediction.Id, context.RequestAborted) ?? throw VisiblePredictions.Unknown(id);
        if (was is PredictionStatus.Queued or PredictionStatus.Processing)
            tasks.PublishDone([prediction.Id]);
        await images.DeleteAsync(prediction.Id);
        return TypedResults.NoContent();
    }

    /// <summary>The prediction as clients see it, with its headers.</summary>
    private static PredictionResponse Describe(HttpResponse response, Prediction prediction, QueueSnapshot queue)
    {
        var info = queue.InfoOf(prediction);
        if (!prediction.IsFinal)
            RetryAfter(response, info is null ? Soon : queue.TimeFor(info.Position));
        response.Headers.CacheControl = "private, no-cache";
        response.GetTypedHeaders().ETag = TagOf(prediction);
        return PredictionResponse.From(prediction, info);
    }

    // Weak: the place in the line changes without it.
    private static EntityTagHeaderValue TagOf(Prediction prediction) =>
        new(string.Create(CultureInfo.InvariantCulture, $"\"{prediction.Version}\""), isWeak: true);

    private static void RetryAfter(HttpResponse response, TimeSpan delay) =>
        response.Headers.RetryAfter = delay.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
