using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Worker.Tasks;

/// <summary>How a worker works: configuration section <c>Worker</c>.</summary>
public sealed class WorkerOptions
{
    /// <summary>How long one image may be worked on before its worker ends itself. Default 30 s, 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TaskTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping worker goes on with what it has begun; the rest is handed back. Default 4 s, 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(4);
}
