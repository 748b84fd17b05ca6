using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Worker.Tasks;

/// <summary>How a worker works: configuration section <c>Worker</c>.</summary>
public sealed class WorkerOptions
{
    /// <summary>What operators know this worker by. Default: the machine's name; the AppHost gives the name that the dashboard shows.</summary>
    [RegularExpression("[^/]{1,200}")]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>The name with the process id, as <c>name/process</c>: who holds a prediction.</summary>
    public string Identity => $"{Name}/{Environment.ProcessId}";

    /// <summary>How long one image may be worked on before its worker ends itself. Default 30 s, 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TaskTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping worker goes on with what it has begun; the rest is handed back. Default 4 s, 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(4);
}
