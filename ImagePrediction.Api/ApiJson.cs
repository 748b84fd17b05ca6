using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImagePrediction.Api.Change;
using ImagePrediction.Api.Operations;
using ImagePrediction.Api.Read;
using ImagePrediction.Api.Webhooks;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api;

/// <summary>JSON of the API: snake_case; null members are kept, so that every response has the same shape.</summary>
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

/// <summary>Configures it for every response.</summary>
internal static class JsonServices
{
    public static void AddJson(this IHostApplicationBuilder builder) => builder.Services.ConfigureHttpJsonOptions(json =>
    {
        json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        // Responses are parsed as JSON, never embedded in a page, so apostrophes need no escaping.
        json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        // The web defaults would also accept numbers as strings, and the OpenAPI document would say so.
        json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
    });
}
