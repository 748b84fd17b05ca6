using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImagePrediction.Api.Change;
using ImagePrediction.Api.Operations;
using ImagePrediction.Api.Read;
using ImagePrediction.Api.Webhooks;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api;

/// <summary>JSON of the API: snake_case; null members stay, so that every answer has the same shape.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PredictionResponse))]
[JsonSerializable(typeof(PredictionPage))]
[JsonSerializable(typeof(StatsResponse))]
[JsonSerializable(typeof(SessionResponse))]
[JsonSerializable(typeof(QueueResponse))]
[JsonSerializable(typeof(RetriedResponse))]
[JsonSerializable(typeof(WebhookPayload))]
[JsonSerializable(typeof(DeliveriesResponse))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>Sets it for every answer.</summary>
internal static class JsonServices
{
    public static void AddJson(this IHostApplicationBuilder builder) => builder.Services.ConfigureHttpJsonOptions(json =>
    {
        json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        // The answers are read as JSON, never as a part of a page: an apostrophe may stand as it is.
        json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        // Numbers are numbers here; the web defaults would also take them as strings, and the description would say so.
        json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
    });
}
