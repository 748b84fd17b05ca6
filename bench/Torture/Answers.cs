using System.Globalization;
using System.Text.Json;

namespace ImagePrediction.Torture;

/// <summary>Results as text, and the comparison of two.</summary>
internal static class Answers
{
    // The last digits depend on how many threads computed them.
    private const double Tolerance = 0.02, MostPixels = 2;

    private const string Pixels = "px";

    private static readonly string[] Sides = ["x", "y", "width", "height"];

    /// <summary>The result of a prediction as the API describes it: state, answer, confidence, error code, and each detection. Null unless it is final.</summary>
    public static string? Of(JsonElement prediction)
    {
        if (prediction.GetProperty("status").GetString() is not { } state || !States.IsFinal(state))
            return null;
        var detections = Of(prediction, "detections") is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray().Select(Detection) : [];
        return string.Join(' ', [state, Text(prediction, "contains_dog"), Text(prediction, "confidence"), Of(prediction, "error") is { } error ? Text(error, "code") : "-", .. detections]);
    }

    /// <summary>Whether two results agree: scores within 0.02, boxes within two pixels and two percent.</summary>
    public static bool AreEqual(string? one, string? other)
    {
        if (one == other)
            return true;
        var (first, second) = ((one ?? "").Split(' '), (other ?? "").Split(' '));
        return first.Length == second.Length && first.Zip(second).All(pair => pair.First == pair.Second
            || (TryNumber(pair.First, out var a, out var most) && TryNumber(pair.Second, out var b, out _) && Math.Abs(a - b) <= most));
    }

    private static string Detection(JsonElement detection)
    {
        var box = detection.GetProperty("box");
        return string.Join(' ', [Text(detection, "label"), Text(detection, "confidence"), .. Sides.Select(side => Text(box, side) + Pixels)]);
    }

    private static JsonElement? Of(JsonElement prediction, string name) =>
        prediction.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement prediction, string name) => Of(prediction, name)?.ToString() ?? "-";

    private static bool TryNumber(string text, out double number, out double mostDifference)
    {
        var isLength = text.EndsWith(Pixels, StringComparison.Ordinal);
        var isNumber = double.TryParse(isLength ? text[..^Pixels.Length] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
        mostDifference = isLength ? MostPixels + (Tolerance * Math.Abs(number)) : Tolerance;
        return isNumber;
    }
}
