using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// The machine-readable card <c>&lt;model&gt;.json</c> beside <c>&lt;model&gt;.onnx</c>; further fields are for people.
/// Everything but the hash may be left out.
/// </summary>
/// <param name="Name">What predictions call the model.</param>
/// <param name="Version">What predictions call this state of it.</param>
/// <param name="Sha256">Of the model file, hexadecimal. Anything else than this file is refused.</param>
/// <param name="Threshold">The score from which on something counts as found.</param>
/// <param name="InputSize">The longer side of a dynamic input, in pixels; the file's own metadata goes first.</param>
public sealed record ModelCard(string? Name, string? Version, string? Sha256, double? Threshold, int? InputSize)
{
    /// <summary>Reads the card of a model.</summary>
    /// <returns>Null if there is none: an export of the user's own.</returns>
    /// <exception cref="ModelException">The card is no card, or holds no hash.</exception>
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
