using System.Text.Json.Serialization;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Operations;
using ImagePrediction.Api.Predictions;
using ImagePrediction.Api.Webhooks;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api;

/// <summary>JSON of the API: snake_case; null members stay, so that every answer has the same shape.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PredictionResponse))]
[JsonSerializable(typeof(PredictionPage))]
[JsonSerializable(typeof(StatsResponse))]
[JsonSerializable(typeof(SessionResponse))]
[JsonSerializable(typeof(WebhookPayload))]
[JsonSerializable(typeof(DeliveriesResponse))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class ApiJson : JsonSerializerContext;
