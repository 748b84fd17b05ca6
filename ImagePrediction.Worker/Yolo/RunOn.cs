namespace ImagePrediction.Worker.Yolo;

/// <summary>How a picture is run.</summary>
public enum RunOn
{
    /// <summary>On the calling thread alone; several at once, up to <see cref="Detector.Lanes"/>. Best under load.</summary>
    Lane,

    /// <summary>On all threads, one picture at a time and no lane beside it. Best when nothing else waits.</summary>
    Solo,
}
