using System.Text.Json;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Read;
using ImagePrediction.Database;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>Webhooks: their services, and the route that lists deliveries.</summary>
internal static class WebhookApi
{
    public static void AddWebhooks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        builder.Services.AddSingleton<DeliveryStore>();
        builder.Services.AddSingleton<WebhookUrls>();
        builder.Services.AddSingleton<WebhookClient>();
        builder.Services.AddHostedService<Deliverer>();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/image_prediction/{id}/deliveries", List).WithTags("Predictions")
            .WithName("ListDeliveries").WithSummary("List the webhook deliveries of a prediction")
            .RequireAuthorization(Scopes.Read).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);

    private static async Task<Ok<DeliveriesResponse>> List(
        string id, HttpContext context, VisiblePredictions visible, PredictionsContext database)
    {
        var prediction = await visible.FindAsync(id, context.User);
        var deliveries = await database.WebhookDeliveries.AsNoTracking().Where(d => d.PredictionId == prediction.Id)
            .OrderBy(d => d.CreatedAt).ThenBy(d => d.Id).ToListAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new DeliveriesResponse([.. deliveries.Select(d => new DeliveryReport(d.Id, d.Url, d.CreatedAt, d.DeliveredAt, d.NextAt,
            JsonSerializer.Deserialize(d.Attempts, DeliveryJson.Default.IReadOnlyListDeliveryAttempt)!))]));
    }
}

/// <summary>The webhooks of a prediction.</summary>
/// <param name="Items">Oldest first; one for each time the prediction became final.</param>
public sealed record DeliveriesResponse(IReadOnlyList<DeliveryReport> Items);

/// <summary>The state of a delivery.</summary>
/// <param name="Id">The message's id: the header <c>webhook-id</c> of every attempt.</param>
/// <param name="Url">The receiver's URL.</param>
/// <param name="CreatedAt">When the prediction became final.</param>
/// <param name="DeliveredAt">When the receiver answered with success; null until then.</param>
/// <param name="NextAt">When the next attempt is due, or the current one counts as lost; null when there are no further attempts.</param>
/// <param name="Attempts">The outcome of each attempt, oldest first.</param>
public sealed record DeliveryReport(
    Guid Id, string Url, DateTime CreatedAt, DateTime? DeliveredAt, DateTime? NextAt, IReadOnlyList<DeliveryAttempt> Attempts);
