using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Queue;

/// <summary>How many predictions may wait: configuration section <c>Queue</c>.</summary>
public sealed class QueueOptions
{
    /// <summary>Waiting predictions from which no more are accepted. Default 10,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxWaiting { get; set; } = 10_000;

    /// <summary>The same per API key, so that no client fills the queue alone. Default 5,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxWaitingPerKey { get; set; } = 5_000;
}
