using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Predictions;

/// <summary>What is accepted: configuration section <c>Uploads</c>.</summary>
public sealed class UploadOptions
{
    /// <summary>The largest image in bytes. Default 20 MiB, 1 KiB to 1 GiB.</summary>
    [Range(1 << 10, 1 << 30)]
    public long MaxBytes { get; set; } = 20 << 20;

    /// <summary>The most pixels a picture may have, width times height. Default 50 million.</summary>
    [Range(1, 1_000_000_000)]
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>
    /// The most memory that a decoder may need for a picture, which AVIF, GIF, progressive JPEG and interlaced PNG hold
    /// whole, and a file of a kilobyte can ask for. Default 256 MiB, 1 MiB to 64 GiB.
    /// </summary>
    [Range(1 << 20, 1L << 36)]
    public long MaxDecoderBytes { get; set; } = 256 << 20;
}
