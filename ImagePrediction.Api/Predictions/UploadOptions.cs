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
}
