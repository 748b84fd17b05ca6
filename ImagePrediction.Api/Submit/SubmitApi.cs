using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Api.Read;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Submit;

/// <summary><c>POST /image_prediction</c>.</summary>
internal static class SubmitApi
{
    // How long an upload may stall before its minimum speed is enforced.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void AddSubmit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<UploadOptions>().BindConfiguration("Uploads").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ClientFlow>();
        builder.Services.AddSingleton<RemoteImages>();
        builder.Services.AddSingleton<Submission>();
        builder.Services.AddSingleton<UploadLimit>();
        builder.Services.AddSingleton<WarmUp>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WarmUp>());
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<UploadOptions>>((kestrel, uploads) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // Submission enforces the limit, and answers with a problem
            kestrel.Limits.MinRequestBodyDataRate = uploads.Value.MinBytesPerSecond > 0 ? new(uploads.Value.MinBytesPerSecond, Grace) : null;
        });
    }

    public static void MapSubmit(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/image_prediction", Post).WithTags("Predictions").WithName("CreatePrediction").WithSummary("Find out whether there is a dog in a photo")
            .RequireRateLimiting(RequestRate.Policy).RequireAuthorization(Scopes.Write)
            .AddEndpointFilter<QueueLimit>()
            .AddOpenApiOperationTransformer(UploadDescription.Describe)
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(408).ProducesProblem(410).ProducesProblem(413)
            .ProducesProblem(415).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503).ProducesProblem(507);

    private static async Task<Results<Accepted<PredictionResponse>, Ok<PredictionResponse>>> Post(
        HttpContext context, Submission submission, Watcher watcher, PredictionReader predictions, QueueSnapshot queue)
    {
        var id = Guid.CreateVersion7();
        // Begins before the row is created, so that its completion is not missed.
        using var watch = watcher.Begin(context, id);
        var (accepted, createdAt, receivedAt) = await submission.AcceptAsync(context, id);
        watch?.CountFrom(receivedAt);
        if (createdAt is null)
        {
            var first = await FindFirstAsync(context, predictions, accepted.Key!);
            context.Response.Headers["Idempotent-Replayed"] = "true";
            watch?.TurnTo(first.Id);
            return Answer(context, await WaitAsync(watch, first.IsFinal ? first : null, isNew: false, context) ?? first, queue);
        }
        if (await WaitAsync(watch, null, isNew: true, context) is { } prediction)
            return Answer(context, prediction, queue);

        var info = queue.InfoOfLast();
        var response = PredictionResponse.From(accepted, createdAt.Value, info, KnownHosts.OriginOf(context));
        Answering.RetryAfter(context.Response, queue.TimeFor(info.Position));
        return TypedResults.Accepted(Links.PathOf(id), response);
    }

    /// <summary>200 with a final prediction, 202 with any other.</summary>
    private static Results<Accepted<PredictionResponse>, Ok<PredictionResponse>> Answer(HttpContext context, Prediction prediction, QueueSnapshot queue)
    {
        var response = Answering.Describe(context.Response, prediction, queue);
        if (!prediction.IsFinal)
            return TypedResults.Accepted(Links.PathOf(prediction.Id), response);
        context.Response.Headers.Location = Links.PathOf(prediction.Id);
        return TypedResults.Ok(response);
    }

    /// <summary>Null if the client does not wait, or the prediction cannot be read again or was deleted meanwhile; it was accepted anyway.</summary>
    private static async Task<Prediction?> WaitAsync(Watcher.Watch? watch, Prediction? final, bool isNew, HttpContext context)
    {
        if (watch is null || final is not null)
            return final;
        try
        {
            return await watch.UntilFinalAsync(isNew, context);
        }
        catch (Exception away) when (DatabaseAway.Means(away))
        {
            return null;
        }
    }

    /// <summary>The prediction that was created earlier with the same key.</summary>
    private static async Task<Prediction> FindFirstAsync(HttpContext context, PredictionReader predictions, UploadKey again)
    {
        var (id, hash) = await predictions.FindByKeyAsync(again.Scope, again.Key, context.RequestAborted)
            ?? throw new ProblemException(ProblemType.DatabaseAway, "The idempotency key has just expired. Send the request again.");
        if (!hash.AsSpan().SequenceEqual(again.ImageHash))
            throw new ProblemException(ProblemType.IdempotencyConflict, "This Idempotency-Key was already used with different bytes. Use a new key for each image.");
        return await predictions.FindAsync(id)
            ?? throw new ProblemException(ProblemType.Deleted, "The prediction that was made under this Idempotency-Key has been deleted.");
    }
}
