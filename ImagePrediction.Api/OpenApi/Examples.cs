using System.Text.Json;
using System.Text.Json.Nodes;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Read;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Mvc;

namespace ImagePrediction.Api.OpenApi;

/// <summary>Example responses, built from the response types themselves.</summary>
internal static class Examples
{
    private static readonly Guid Id = new("019ab3a1-5d07-7c1e-a5b0-3f2f6a8c4e11");
    private static readonly DateTime Created = new(2026, 11, 24, 9, 30, 0, DateTimeKind.Utc);

    /// <summary>A photo with a dog.</summary>
    public static JsonNode Prediction => JsonSerializer.SerializeToNode(new PredictionResponse
    {
        Id = Id,
        Status = PredictionStatus.Succeeded,
        ContainsDog = true,
        Confidence = 0.97124,
        Detections = [new("dog", 0.97124, new(61.5, 40.25, 318, 290.75))],
        BelowThreshold = [new("dog", 0.11507, new(402.75, 96, 120.5, 210.25))],
        Reference = "order-1077",
        FileName = "garden.jpg",
        Image = new(84_213, "image/jpeg", 640, 480),
        Model = new("dog-resnet18", "4", 0.5),
        Attempt = 1,
        CreatedAt = Created,
        StartedAt = Created.AddMilliseconds(12.5),
        CompletedAt = Created.AddMilliseconds(31.25),
        QueueMs = 12.5,
        InferenceMs = 14.0125,
        Links = Links.Of(Id, PredictionStatus.Succeeded, "https://dogs.example.com"),
    }, ApiJson.Default.PredictionResponse)!;

    /// <summary>A full queue.</summary>
    public static JsonNode Problem => JsonSerializer.SerializeToNode(new ProblemDetails
    {
        Type = "/problems/" + ProblemType.QueueFull.Name,
        Title = ProblemType.QueueFull.Title,
        Status = ProblemType.QueueFull.Status,
        Detail = "The queue is full: 10000 predictions are waiting.",
        Extensions = { ["trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736" },
    }, ApiJson.Default.ProblemDetails)!;
}
