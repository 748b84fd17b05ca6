using System.Text.Json.Serialization;

namespace ImagePrediction.Predictions;

/// <summary>One object the model found.</summary>
/// <param name="Label">The class name, as the model's metadata spells it.</param>
/// <param name="Confidence">Objectness times class probability, 0 to 1.</param>
/// <param name="Box">Where it is, in pixels of the upright original.</param>
public sealed record Detection(string Label, double Confidence, Box Box);

/// <summary>A rectangle in pixels of the upright original (after its EXIF orientation), origin top left.</summary>
public sealed record Box(double X, double Y, double Width, double Height);

/// <summary>JSON of detections, in rows and in responses: snake_case, by descending confidence.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<Detection>))]
public sealed partial class DetectionJson : JsonSerializerContext;
