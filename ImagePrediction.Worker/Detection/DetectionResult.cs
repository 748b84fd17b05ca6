using Found = ImagePrediction.Detection;

namespace ImagePrediction.Worker.Detection;

/// <summary>What the model says of one picture.</summary>
/// <param name="ContainsDog">A detection of class <c>dog</c> is among <paramref name="Detections"/>.</param>
/// <param name="Confidence">The highest <c>dog</c> score anywhere in the picture, 0 to 1, also below the threshold.</param>
/// <param name="Detections">What passed the threshold after suppression, of every class, best first.</param>
/// <param name="Inference">How long the model itself ran.</param>
public sealed record DetectionResult(bool ContainsDog, double Confidence, IReadOnlyList<Found> Detections, TimeSpan Inference);

/// <summary>How a picture is run.</summary>
public enum RunOn
{
    /// <summary>On the calling thread alone; several at once, up to <see cref="Detector.Lanes"/>. Best under load.</summary>
    Lane,

    /// <summary>On all threads, one picture at a time and no lane beside it. Best when nothing else waits.</summary>
    Solo,
}
