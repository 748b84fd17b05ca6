using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Worker.Tasks;

/// <summary>A worker's settings: configuration section <c>Worker</c>.</summary>
public sealed class WorkerOptions
{
    /// <summary>The name that operators see. Default: the machine's name; the AppHost sets the name that its dashboard shows.</summary>
    [RegularExpression("[^/]{1,200}")]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>The name and process id, as <c>name/process</c>: which worker holds a prediction.</summary>
    public string Identity => $"{Name}/{Environment.ProcessId}";

    /// <summary>How long one step (decoding, inference) of an image may take before its worker terminates itself. Default 30 s, 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TaskTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopping worker continues tasks in progress; the rest are handed back. Default 4 s, 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(4);
}
