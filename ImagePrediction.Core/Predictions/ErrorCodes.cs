namespace ImagePrediction.Predictions;

/// <summary>Why a prediction failed: the values of <c>error.code</c>. Listed with advice in docs/errors.md.</summary>
public static class ErrorCodes
{
    /// <summary>The file is cut off or damaged: its header was fine, its pixels are not.</summary>
    public const string ImageCorrupt = "image_corrupt";

    /// <summary>The decoded picture has more pixels than this deployment accepts.</summary>
    public const string ImageTooLarge = "image_too_large";

    /// <summary>The picture is stored in a way that is not supported; the detail names it.</summary>
    public const string ImageUnsupported = "image_unsupported";

    /// <summary>The stored image is gone from the image store.</summary>
    public const string ImageMissing = "image_missing";

    /// <summary>The detector failed on the image for a reason of its own, again and again.</summary>
    public const string InternalError = "internal_error";

    /// <summary>Every worker that took this image died while it was alone with it.</summary>
    public const string WorkerLost = "worker_lost";

    /// <summary>The image took longer than the time limit of a task, again and again.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [ImageCorrupt, ImageTooLarge, ImageUnsupported, ImageMissing, InternalError, WorkerLost, TimedOut];

    /// <summary>False where the image itself is at fault: the same bytes fail again.</summary>
    public static bool MayRetryHelp(string code) => code is not (ImageCorrupt or ImageTooLarge or ImageUnsupported);
}
