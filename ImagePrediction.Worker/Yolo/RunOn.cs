namespace ImagePrediction.Worker.Yolo;

/// <summary>How the model is run on a picture.</summary>
public enum RunOn
{
    /// <summary>On the calling thread only; up to <see cref="Detector.Lanes"/> pictures at once. Best under load.</summary>
    Lane,

    /// <summary>On all threads, one picture at a time, while no lane is running. Best when no other picture is waiting.</summary>
    Solo,
}
