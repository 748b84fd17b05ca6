namespace ImagePrediction.Worker.Yolo;

/// <summary>What is known about the loaded model, from its file and the card beside it.</summary>
/// <param name="Name">The card's name, else the metadata's, else the file's.</param>
/// <param name="Version">The card's version, else the metadata's date, else the start of the hash.</param>
/// <param name="Threshold">The minimum score of a detection, 0 to 1.</param>
/// <param name="Labels">Class names in the model's order.</param>
/// <param name="Dog">Index of <c>dog</c> in the labels.</param>
/// <param name="Input">The model's input.</param>
/// <param name="Sha256">SHA-256 of the file, in lower-case hexadecimal.</param>
public sealed record LoadedModel(
    string Name, string Version, double Threshold, IReadOnlyList<string> Labels, int Dog, InputShape Input, string Sha256);

/// <summary>The model cannot be used: it is missing, does not match its card, or is not in YOLOv5's format. The message says which.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
