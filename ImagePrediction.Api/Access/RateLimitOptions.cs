using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Access;

/// <summary>Rate limit per API key, or per client address without one: configuration section <c>RateLimit</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>The default outside Development.</summary>
    public const double DefaultPerSecond = 50;

    /// <summary>Sustained requests per second, 0 for no limit. Default 50, in Development 0.</summary>
    [Range(0, 1_000_000)]
    public double? PerSecond { get; set; }

    /// <summary>Burst size: requests allowed at once after a pause. Default 200.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 200;
}
