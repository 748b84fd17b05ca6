using System.ComponentModel;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace ImagePrediction.Api.Read;

/// <summary>Reading predictions: a single one, one as it changes, and lists of them.</summary>
internal static class ReadApi
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    public static void AddRead(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<EventOptions>().BindConfiguration("Events").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PredictionReader>();
        services.AddSingleton<VisiblePredictions>();
        services.AddSingleton<Completions>();
        services.AddHostedService(provider => provider.GetRequiredService<Completions>());
        services.AddSingleton<Watcher>();
        services.AddSingleton<EventStream>();
    }

    public static void MapRead(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Predictions").RequireRateLimiting(RequestRate.Policy).RequireAuthorization(Scopes.Read)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);
        group.MapGet("/image_prediction/{id}", Get).WithName("GetPrediction").WithSummary("Read a prediction")
            .Produces(304).ProducesProblem(404);
        group.MapGet("/image_prediction/{id}/events", Events).WithName("WatchPrediction").WithSummary("Follow a prediction as it changes")
            .WithDescription("Each event `prediction` carries the whole prediction as JSON, its id is the version.")
            .Produces<string>(200, "text/event-stream").Produces(204).ProducesProblem(404);
        group.MapGet("/image_predictions", List).WithName("ListPredictions").WithSummary("List predictions, newest first")
            .AddOpenApiOperationTransformer(ListDescription.Describe).ProducesProblem(400);
    }

    private static async Task<Results<Ok<PredictionResponse>, StatusCodeHttpResult>> Get(
        string id, HttpContext context, VisiblePredictions visible, Watcher watcher, QueueSnapshot queue)
    {
        var prediction = await visible.FindAsync(id, context.User);
        using (var watch = prediction.IsFinal ? null : watcher.Begin(context, prediction.Id))
            if (watch is not null)
                prediction = await watch.UntilFinalAsync(isNew: false, context) ?? throw VisiblePredictions.Unknown(id);
        var response = Answering.Describe(context.Response, prediction, queue);
        return Answering.HasCurrent(context.Request, Answering.TagOf(prediction)) ? TypedResults.StatusCode(304) : TypedResults.Ok(response);
    }

    private static async Task<IResult> Events(string id, HttpContext context, VisiblePredictions visible, EventStream events) =>
        await events.SendAsync(context, await visible.FindAsync(id, context.User));

    private static async Task<Ok<PredictionPage>> List(
        HttpContext context, PredictionsContext database, QueueSnapshot queue,
        [Description("Only predictions with this status.")] string? status = null,
        [Description("Only predictions with this answer.")] string? contains_dog = null,
        [Description("Only predictions that were sent with this reference.")] string? reference = null,
        [Description("Only predictions whose file has this name.")] string? file_name = null,
        [Description("The `next` of the previous page, which carries its filters.")] string? cursor = null,
        [Description("How many predictions per page; default 20, at most 100.")] string? limit = null)
    {
        var predictions = database.Predictions.AsNoTracking();
        if (!context.User.Has(Scopes.Operator))
        {
            var owner = context.User.Owner();
            if (owner.Length == 0)
                throw new ProblemException(ProblemType.Forbidden, "Lists need an API key. Without one, keep the ids of your predictions.");
            // The first condition is redundant, but lets Postgres use the partial index of predictions with an owner.
            predictions = predictions.Where(p => p.Owner != "" && p.Owner == owner);
        }
        var (filter, before) = ListFilter.Read(status, contains_dog, reference, file_name, cursor);
        if (filter.Status is { } state)
            predictions = predictions.Where(p => p.Status == EF.Constant(state));
        if (filter.ContainsDog is { } dog)
            predictions = predictions.Where(p => p.ContainsDog == dog);
        if (filter.Reference is { } named)
            predictions = predictions.Where(p => p.Reference == named);
        // Three separate terms, so that each can use a partial index; the one on file names covers final predictions only.
        if (filter.FileName is { } file)
            predictions = predictions.Where(p => (p.FileName == file && p.CompletedAt != null) || (p.FileName == file && p.Status == PredictionStatus.Queued)
                || (p.FileName == file && p.Status == PredictionStatus.Processing));
        if (before is { } id)
            predictions = predictions.Where(p => p.Id < id);
        var count = ListFilter.Number("limit", limit, MaxLimit) ?? DefaultLimit;
        // One more than requested shows whether there is another page.
        var found = await predictions.OrderByDescending(p => p.Id).Take(count + 1).ToListAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "private, no-cache";
        var origin = KnownHosts.OriginOf(context);
        return TypedResults.Ok(new PredictionPage(
            [.. found.Take(count).Select(prediction => PredictionResponse.From(prediction, queue.InfoOf(prediction), origin))],
            found.Count > count ? filter.CursorAfter(found[count - 1].Id) : null));
    }
}

/// <summary>A page of predictions.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Pass it as <c>cursor</c> for the next page; null on the last one.</param>
public sealed record PredictionPage(IReadOnlyList<PredictionResponse> Items, string? Next);
