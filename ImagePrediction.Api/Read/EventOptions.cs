using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Read;

/// <summary>Limits of event streams: configuration section <c>Events</c>. Requests with <c>Prefer: wait</c> count too.</summary>
public sealed class EventOptions
{
    /// <summary>Maximum number of open streams per instance. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; set; } = 10_000;

    /// <summary>Maximum per API key on one instance; without a key, per client address. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreamsPerKey { get; set; } = 1_000;

    /// <summary>How long a stream lasts before the client must open another. Default 15 minutes, which is also the maximum.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often waiting requests read the row again, in case a message was lost. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LookAgain { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The interval of keep-alive comments on an idle stream. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);
}
