using System.ComponentModel;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace ImagePrediction.Api.Read;

/// <summary>Reading predictions: one, one as it changes, and lists of them.</summary>
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
        [Description("The `next` of the previous page.")] string? cursor = null,
        [Description("How many predictions per page; default 20, at most 100.")] string? limit = null)
    {
        var predictions = database.Predictions.AsNoTracking();
        if (!context.User.Has(Scopes.Operator))
        {
            var owner = context.User.Owner();
            if (owner.Length == 0)
                throw new ProblemException(ProblemType.Forbidden, "Lists need an API key. Without one, keep the ids of your predictions.");
            // Said twice, since the index of those with an owner says so too.
            predictions = predictions.Where(p => p.Owner != "" && p.Owner == owner);
        }
        if (Parse<PredictionStatus>("status", status, "queued, processing, succeeded, failed or canceled", TryParseStatus) is { } state)
            predictions = predictions.Where(p => p.Status == EF.Constant(state));
        if (Parse<bool>("contains_dog", contains_dog, "true or false", bool.TryParse) is { } dog)
            predictions = predictions.Where(p => p.ContainsDog == dog);
        if (Parse<Guid>("cursor", cursor, "the 'next' of another page", Guid.TryParse) is { } before)
            predictions = predictions.Where(p => p.Id < before);
        var count = Parse<int>("limit", limit, $"a number from 1 to {MaxLimit}",
            (string text, out int number) => int.TryParse(text, out number) && number is >= 1 and <= MaxLimit) ?? DefaultLimit;
        // One more than asked for tells whether there is another page.
        var found = await predictions.OrderByDescending(p => p.Id).Take(count + 1).ToListAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Ok(new PredictionPage(
            [.. found.Take(count).Select(prediction => PredictionResponse.From(prediction, queue.InfoOf(prediction)))],
            found.Count > count ? found[count - 1].Id.ToString() : null));
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static bool TryParseStatus(string text, out PredictionStatus status) =>
        Enum.TryParse(text, ignoreCase: true, out status) && status.ToString().Equals(text, StringComparison.OrdinalIgnoreCase);

    private static T? Parse<T>(string name, string? text, string allowed, TryParse<T> tryParse) where T : struct =>
        string.IsNullOrEmpty(text) ? null : tryParse(text, out var value) ? value
            : throw new ProblemException(ProblemType.MalformedRequest, $"The parameter '{name}' must be {allowed}.");
}

/// <summary>A page of predictions.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Give it as <c>cursor</c> for the next page; null on the last one.</param>
public sealed record PredictionPage(IReadOnlyList<PredictionResponse> Items, string? Next);
