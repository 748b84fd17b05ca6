using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Submit;

/// <summary>Limits on uploads: configuration section <c>Uploads</c>.</summary>
public sealed class UploadOptions
{
    /// <summary>The largest image in bytes. Default 20 MiB, 1 KiB to 1 GiB.</summary>
    [Range(1 << 10, 1 << 30)]
    public long MaxBytes { get; set; } = 20 << 20;

    /// <summary>The maximum number of pixels, width times height. Default 51 million, so that phones' 8160 × 6144 fit.</summary>
    [Range(1, 1_000_000_000)]
    public long MaxPixels { get; set; } = 51_000_000;

    /// <summary>
    /// Whether a client may send the URL of an image instead of the image, which this server then fetches: from hosts on the public
    /// internet, and from those in <c>Outbound:AllowedNetworks</c>. Default false.
    /// </summary>
    public bool FromUrl { get; set; }

    /// <summary>The maximum number of concurrent uploads per instance. Default 4,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxAtOnce { get; set; } = 4_000;

    /// <summary>The same per API key, or per client address without keys. Default 2,500.</summary>
    [Range(1, 1_000_000)]
    public int MaxAtOncePerKey { get; set; } = 2_500;

    /// <summary>The minimum average speed of an upload, after its first five seconds, in bytes per second. Default 1,000; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public double MinBytesPerSecond { get; set; } = 1_000;

    /// <summary>The maximum duration of an upload. Default 10 minutes, 1 s to a day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The maximum memory for decoding a picture. AVIF, GIF, progressive JPEG and interlaced PNG are decoded as a whole,
    /// so a file of a kilobyte can demand gigabytes. Default 224 MiB, 1 MiB to 64 GiB.
    /// </summary>
    [Range(1 << 20, 1L << 36)]
    public long MaxDecoderBytes { get; set; } = 224 << 20;
}
