using System.Text.Json.Serialization;

namespace ImagePrediction;

/// <summary>How detections are written into the row and into answers: snake_case, in the order of falling confidence.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<Detection>))]
public sealed partial class DetectionJson : JsonSerializerContext;
