using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// The machine-readable card <c>&lt;model&gt;.json</c> beside <c>&lt;model&gt;.onnx</c>; other fields are for people.
/// All fields except the hash are optional.
/// </summary>
/// <param name="Name">The model's name in predictions.</param>
/// <param name="Version">The model's version in predictions.</param>
/// <param name="Sha256">SHA-256 of the model file, in hexadecimal. Any other file is rejected.</param>
/// <param name="Threshold">The minimum score of a detection.</param>
/// <param name="InputSize">The longer side of a dynamic input, in pixels; the file's own metadata takes precedence.</param>
public sealed record ModelCard(string? Name, string? Version, string? Sha256, double? Threshold, int? InputSize)
{
    /// <summary>Reads the card of a model.</summary>
    /// <returns>Null if there is none, as for a user's own export.</returns>
    /// <exception cref="ModelException">The card is not valid JSON, or has no hash.</exception>
    public static ModelCard? Beside(string modelPath)
    {
        var path = Path.ChangeExtension(modelPath, ".json");
        if (!File.Exists(path))
            return null;
        try
        {
            var card = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelCardJson.Default.ModelCard);
            return card is { Sha256.Length: 64 } ? card : throw new ModelException($"The model card {path} holds no sha256.");
        }
        catch (JsonException e)
        {
            throw new ModelException($"The model card {path} is not valid JSON: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelCard))]
internal sealed partial class ModelCardJson : JsonSerializerContext;
