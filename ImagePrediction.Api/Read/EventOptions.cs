using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Read;

/// <summary>How many may listen and for how long: configuration section <c>Events</c>. Requests with <c>Prefer: wait</c> count too.</summary>
public sealed class EventOptions
{
    /// <summary>Streams that one instance holds open. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; set; } = 10_000;

    /// <summary>Streams of one API key on one instance; without keys, of one client address. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreamsPerKey { get; set; } = 1_000;

    /// <summary>After so long a stream ends, and the client opens another. Default 15 minutes, which is also the most.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often waiting requests read the row again, in case a publication was lost. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LookAgain { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The interval of keep-alive comments on an idle stream. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);
}
