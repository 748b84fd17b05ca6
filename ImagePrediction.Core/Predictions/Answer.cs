namespace ImagePrediction.Predictions;

/// <summary>The detector's result for one image.</summary>
/// <param name="ContainsDog">Whether a dog passed the threshold.</param>
/// <param name="Confidence">The highest dog score anywhere in the picture, 0 to 1, also when below the threshold.</param>
/// <param name="Detections">Detections that passed the threshold, best first.</param>
/// <param name="BelowThreshold">Detections below the threshold that scored at least 0.05, best first.</param>
/// <param name="InferenceTime">Time spent in the model.</param>
/// <param name="ModelName">The model's name.</param>
/// <param name="ModelVersion">The model's version.</param>
/// <param name="Threshold">The minimum confidence at which a dog counts.</param>
public sealed record Answer(
    bool ContainsDog, double Confidence, IReadOnlyList<Detection> Detections, IReadOnlyList<Detection> BelowThreshold, TimeSpan InferenceTime,
    string ModelName, string ModelVersion, double Threshold);
