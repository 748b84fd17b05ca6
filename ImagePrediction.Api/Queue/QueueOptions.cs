using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Api.Queue;

/// <summary>Limits of the queue: configuration section <c>Queue</c>.</summary>
public sealed class QueueOptions
{
    /// <summary>Maximum number of queued predictions; beyond it the API answers 429. Default 10,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxWaiting { get; set; } = 10_000;

    /// <summary>The same per API key, so that no client fills the queue alone. Default 5,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxWaitingPerKey { get; set; } = 5_000;
}
