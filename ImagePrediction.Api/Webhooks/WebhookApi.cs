using ImagePrediction.Api.Errors;
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
            .WithName("ListDeliveries").WithSummary("See how the webhooks of a prediction fared").ProducesProblem(404).ProducesProblem(503);

    private static async Task<Ok<DeliveriesResponse>> List(
        string id, HttpContext context, Batcher<Guid, Prediction?> predictions, DeliveryStore deliveries, CancellationToken cancellationToken)
    {
        var prediction = (Guid.TryParse(id, out var guid) ? await predictions.RunAsync(guid) : null)
            ?? throw new ProblemException(ProblemType.NotFound, "No prediction has this id; it may have been deleted.");
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new DeliveriesResponse(await deliveries.ListAsync(prediction.Id, cancellationToken)));
    }
}

/// <summary>The webhooks of a prediction.</summary>
/// <param name="Items">Oldest first; one each time that the prediction became final.</param>
public sealed record DeliveriesResponse(IReadOnlyList<DeliveryReport> Items);
