using System.ComponentModel;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Limits;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImagePrediction.Api.Predictions;

/// <summary><c>GET /image_predictions</c>: the newest first, a page at a time.</summary>
internal static class PredictionList
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    public static void MapPredictionList(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/image_predictions", List).WithName("ListPredictions").WithTags("Predictions")
            .WithSummary("List predictions, newest first").RequireAuthorization(Scopes.Read).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);

    private static async Task<Ok<PredictionPage>> List(
        HttpContext context, ListStore store, QueueSnapshot queue,
        [Description("Only those in this state: queued, processing, succeeded, failed or canceled.")] string? status = null,
        [Description("Only those with this answer: true or false.")] string? contains_dog = null,
        [Description("The 'next' of the page before.")] string? cursor = null,
        [Description("How many a page: 20 unless given, 100 at most.")] string? limit = null)
    {
        var everybody = context.User.Has(Scopes.Operator);
        if (!everybody && context.User.Owner().Length == 0)
            throw new ProblemException(ProblemType.Forbidden, "Without a key there is no list, since strangers would see each other's. Keep the ids.");
        var filter = new PredictionFilter(
            Owner: everybody ? null : context.User.Owner(),
            Status: Parse<PredictionStatus>("status", status, "queued, processing, succeeded, failed or canceled", StatusNames.TryParse),
            ContainsDog: Parse<bool>("contains_dog", contains_dog, "true or false", bool.TryParse),
            Before: Parse<Guid>("cursor", cursor, "the 'next' of another page", Guid.TryParse),
            Limit: Parse<int>("limit", limit, $"a number from 1 to {MaxLimit}",
                (string text, out int number) => int.TryParse(text, out number) && number is >= 1 and <= MaxLimit) ?? DefaultLimit);
        // One more than asked for tells whether there is another page.
        var found = await store.ListAsync(filter with { Limit = filter.Limit + 1 }, context.RequestAborted);
        var page = found.Take(filter.Limit).ToList();
        context.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Ok(new PredictionPage(
            [.. page.Select(prediction => PredictionResponse.From(prediction, queue.InfoOf(prediction)))],
            found.Count > page.Count ? page[^1].Id.ToString() : null));
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static T? Parse<T>(string name, string? text, string allowed, TryParse<T> tryParse) where T : struct =>
        string.IsNullOrEmpty(text) ? null : tryParse(text, out var value) ? value
            : throw new ProblemException(ProblemType.MalformedRequest, $"The parameter '{name}' must be {allowed}.");
}

/// <summary>A page of predictions.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Give it as <c>cursor</c> for the next page; null on the last one.</param>
public sealed record PredictionPage(IReadOnlyList<PredictionResponse> Items, string? Next);
