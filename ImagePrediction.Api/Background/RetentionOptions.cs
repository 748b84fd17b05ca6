using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Background;

/// <summary>How long final predictions and their images are kept: configuration section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>Final predictions older than this are deleted with their image. Default 30 days, at least a minute.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often old predictions and orphaned images are looked for. Default an hour, at least a second.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);
}
