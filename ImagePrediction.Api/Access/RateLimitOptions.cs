using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Access;

/// <summary>How often one key, or one client address without a key, may ask: configuration section <c>RateLimit</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>What holds outside Development.</summary>
    public const double DefaultPerSecond = 50;

    /// <summary>Requests a second in the long run, 0 for no limit. Default 50, in Development 0.</summary>
    [Range(0, 1_000_000)]
    public double? PerSecond { get; set; }

    /// <summary>Requests at once after a pause. Default 200.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 200;
}
