using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Upkeep;

/// <summary>How long final predictions and their images are kept: configuration section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>Predictions that have been final for longer than this are deleted with their image. Default 30 days, at least a minute.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often to look for old predictions and orphaned images. Default an hour, at least a second.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Up to this many images of one day that have no row are removed; more only if they are at most <see cref="MaxOrphanShare"/> of
    /// that day's. A process that was killed leaves a few. Default 100.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int MaxOrphans { get; set; } = 100;

    /// <summary>See <see cref="MaxOrphans"/>. Default a tenth.</summary>
    [Range(0.0, 1.0)]
    public double MaxOrphanShare { get; set; } = 0.1;
}
