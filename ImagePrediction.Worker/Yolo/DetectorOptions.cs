using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Which model runs, and with what; configuration section <c>Model</c>.</summary>
public sealed class DetectorOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Model";

    /// <summary>
    /// An ONNX file in YOLOv5's form. A relative path is looked up in the working folder, then beside the program.
    /// Default: the shipped detector, <c>models/dog-resnet18.onnx</c>.
    /// </summary>
    [Required]
    public string Path { get; set; } = "models/dog-resnet18.onnx";

    /// <summary>
    /// The score from which on something counts as found, above 0 and up to 1. Default: what the model's card says, else its
    /// metadata, else 0.25 (YOLOv5's own default).
    /// </summary>
    [Range(0.001, 1)]
    public double? Threshold { get; set; }

    /// <summary>
    /// The longer side of the input in pixels, rounded up to a multiple of the model's stride; a larger one costs time and may see more.
    /// Default: what the model's metadata says, else its card, else 640. Only for models whose input is dynamic.
    /// </summary>
    [Range(32, 4096)]
    public int? InputSize { get; set; }

    /// <summary>
    /// Threads for inference in this process, 1 to 1024, which is also the number of lanes. Default: the CPUs that this
    /// process may use (container limits included) divided by <c>Worker:Replicas</c>, at least 1.
    /// </summary>
    [Range(1, 1024)]
    public int? Threads { get; set; }

    /// <summary>How many workers share this machine; taken from <c>Worker:Replicas</c>. Default 1.</summary>
    [Range(1, 1024)]
    public int Replicas { get; set; } = 1;

    /// <summary>Pictures with more pixels than this are refused from their header. Default 51 million, so that phones' 8160 × 6144 fit, 1 to 1,000 million.</summary>
    [Range(1, 1_000_000_000)]
    public long MaxPixels { get; set; } = 51_000_000;

    /// <summary><c>cpu</c> (default), or <c>cuda</c> where the program was built with ONNX Runtime's GPU package.</summary>
    [RegularExpression("cpu|cuda")]
    public string Provider { get; set; } = "cpu";

    /// <summary><see cref="Threads"/>, or its default worked out.</summary>
    public int EffectiveThreads => Threads ?? Math.Max(1, Environment.ProcessorCount / Replicas);

    /// <summary>Reads section <c>Model</c> and <c>Worker:Replicas</c>.</summary>
    /// <exception cref="OptionsValidationException">A value is out of its range.</exception>
    public static DetectorOptions From(IConfiguration configuration)
    {
        var options = configuration.GetSection(Section).Get<DetectorOptions>() ?? new();
        options.Replicas = configuration.GetValue("Worker:Replicas", options.Replicas);
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new(options), faults, validateAllProperties: true))
            throw new OptionsValidationException(Section, typeof(DetectorOptions), faults.Select(f => $"{Section}: {f.ErrorMessage}"));
        return options;
    }
}
