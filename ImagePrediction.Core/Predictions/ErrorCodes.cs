namespace ImagePrediction.Predictions;

/// <summary>Why a prediction failed: the values of <c>error.code</c>. Listed with advice in docs/errors.md.</summary>
public static class ErrorCodes
{
    /// <summary>The file is truncated or damaged: its header was fine, its pixels are not.</summary>
    public const string ImageCorrupt = "image_corrupt";

    /// <summary>The decoded picture has more pixels than this deployment accepts.</summary>
    public const string ImageTooLarge = "image_too_large";

    /// <summary>The image is of an unsupported kind; the detail names it.</summary>
    public const string ImageUnsupported = "image_unsupported";

    /// <summary>The image is no longer in the image store.</summary>
    public const string ImageMissing = "image_missing";

    /// <summary>The detector failed on the image repeatedly.</summary>
    public const string InternalError = "internal_error";

    /// <summary>Four workers died while processing this image.</summary>
    public const string WorkerLost = "worker_lost";

    /// <summary>Processing the image exceeded the time limit repeatedly.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>All error codes.</summary>
    public static IReadOnlyList<string> All { get; } = [ImageCorrupt, ImageTooLarge, ImageUnsupported, ImageMissing, InternalError, WorkerLost, TimedOut];

    /// <summary>False if the image itself is at fault: the same bytes would fail again.</summary>
    public static bool MayRetryHelp(string code) => code is not (ImageCorrupt or ImageTooLarge or ImageUnsupported);
}
