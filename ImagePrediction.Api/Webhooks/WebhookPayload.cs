using ImagePrediction.Api.Read;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Webhooks;

/// <summary>The body of a webhook message.</summary>
/// <param name="Type"><c>prediction.succeeded</c>, <c>prediction.failed</c> or <c>prediction.canceled</c>.</param>
/// <param name="Timestamp">When the prediction became final.</param>
/// <param name="Data">The prediction, as GET returns it.</param>
public sealed record WebhookPayload(string Type, DateTime Timestamp, PredictionResponse Data)
{
    internal static WebhookPayload Of(Prediction prediction)
    {
        var data = PredictionResponse.From(prediction);
        return new($"prediction.{prediction.StatusName}", data.CompletedAt ?? data.CreatedAt, data);
    }
}
