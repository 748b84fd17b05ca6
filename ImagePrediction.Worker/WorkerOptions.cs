using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Worker;

/// <summary>How a worker works: configuration section <c>Worker</c>.</summary>
public sealed class WorkerOptions
{
    /// <summary>How many workers share this machine's processors. Default 1; the AppHost sets it to its replicas.</summary>
    [Range(1, 1024)]
    public int Replicas { get; set; } = 1;

    /// <summary>How long one image may be worked on before its worker ends itself. Default 30 s, 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TaskTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping worker goes on with what it has begun; the rest is handed back. Default 4 s, 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(4);
}
