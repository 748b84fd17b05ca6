namespace ImagePrediction.Worker.Yolo;

/// <summary>What is known of the loaded model, from its file and the card beside it.</summary>
/// <param name="Name">The card's name, else the metadata's, else the file's.</param>
/// <param name="Version">The card's version, else the metadata's date, else the start of the hash.</param>
/// <param name="Threshold">The score from which on something counts as found, 0 to 1.</param>
/// <param name="Labels">Class names in the model's order.</param>
/// <param name="Dog">Where <c>dog</c> stands among the labels.</param>
/// <param name="Input">The input it takes.</param>
/// <param name="Sha256">Of the file, lower-case hexadecimal.</param>
public sealed record LoadedModel(
    string Name, string Version, double Threshold, IReadOnlyList<string> Labels, int Dog, InputShape Input, string Sha256);

/// <summary>The model cannot be used: not found, not what its card says, or not in YOLOv5's form. The message says which.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
