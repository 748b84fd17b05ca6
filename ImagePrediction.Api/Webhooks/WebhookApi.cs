using ImagePrediction.Api.Access;
using ImagePrediction.Api.Limits;
using ImagePrediction.Api.Predictions;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>Telling clients of their final predictions: what it needs, and the route on which they see how that goes.</summary>
internal static class WebhookApi
{
    public static void AddWebhooks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        builder.Services.AddSingleton<AddressRule>();
        builder.Services.AddSingleton<WebhookUrls>();
        builder.Services.AddSingleton<WebhookClient>();
        builder.Services.AddHostedService<Deliverer>();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/image_prediction/{id}/deliveries", List).WithTags("Predictions")
            .WithName("ListDeliveries").WithSummary("See how the webhooks of a prediction fared")
            .RequireAuthorization(Scopes.Read).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);

    private static async Task<Ok<DeliveriesResponse>> List(
        string id, HttpContext context, VisiblePredictions visible, DeliveryStore deliveries)
    {
        var prediction = await visible.FindAsync(id, context.User);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new DeliveriesResponse(await deliveries.ListAsync(prediction.Id, context.RequestAborted)));
    }
}

/// <summary>The webhooks of a prediction.</summary>
/// <param name="Items">Oldest first; one each time that the prediction became final.</param>
public sealed record DeliveriesResponse(IReadOnlyList<DeliveryReport> Items);
