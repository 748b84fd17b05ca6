using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Submit;

/// <summary>What is accepted: configuration section <c>Uploads</c>.</summary>
public sealed class UploadOptions
{
    /// <summary>The largest image in bytes. Default 20 MiB, 1 KiB to 1 GiB.</summary>
    [Range(1 << 10, 1 << 30)]
    public long MaxBytes { get; set; } = 20 << 20;

    /// <summary>The most pixels a picture may have, width times height. Default 51 million, so that phones' 8160 × 6144 fit.</summary>
    [Range(1, 1_000_000_000)]
    public long MaxPixels { get; set; } = 51_000_000;

    /// <summary>
    /// Whether a client may send the URL of an image instead of the image, which this server then fetches: from hosts on the public
    /// internet, and from those in <c>Outbound:AllowedNetworks</c>. Default false.
    /// </summary>
    public bool FromUrl { get; set; }

    /// <summary>Uploads that one instance receives at once. Default 4,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxAtOnce { get; set; } = 4_000;

    /// <summary>The same for one API key, without keys for one client address. Default 2,500.</summary>
    [Range(1, 1_000_000)]
    public int MaxAtOncePerKey { get; set; } = 2_500;

    /// <summary>The slowest an upload may be on average, after its first five seconds, in bytes a second. Default 1,000; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public double MinBytesPerSecond { get; set; } = 1_000;

    /// <summary>The longest an upload may take. Default 10 minutes, 1 s to a day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The most memory that a decoder may need for a picture, which AVIF, GIF, progressive JPEG and interlaced PNG hold
    /// whole, and a file of a kilobyte can ask for. Default 224 MiB, 1 MiB to 64 GiB.
    /// </summary>
    [Range(1 << 20, 1L << 36)]
    public long MaxDecoderBytes { get; set; } = 224 << 20;
}
