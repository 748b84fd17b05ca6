using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Which model runs, and how: configuration section <c>Model</c>.</summary>
public sealed class DetectorOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Model";

    /// <summary>
    /// An ONNX file in YOLOv5's format. A relative path is searched for in the working directory, then beside the program.
    /// Default: the shipped detector, <c>models/dog-resnet18.onnx</c>.
    /// </summary>
    [Required]
    public string Path { get; set; } = "models/dog-resnet18.onnx";

    /// <summary>
    /// The minimum score of a detection, above 0 and up to 1. Default: the value in the model's card, else in its metadata,
    /// else 0.25 (YOLOv5's own default).
    /// </summary>
    [Range(0.001, 1)]
    public double? Threshold { get; set; }

    /// <summary>
    /// The longer side of the input in pixels, rounded up to a multiple of the model's stride; a larger one takes longer and may find more.
    /// Default: the value in the model's metadata, else in its card, else 640. Only for models with a dynamic input.
    /// </summary>
    [Range(32, 4096)]
    public int? InputSize { get; set; }

    /// <summary>
    /// Inference threads of this process, 1 to 1024; also the number of lanes. Default: the CPUs that this
    /// process may use (container limits included) divided by <c>Worker:Replicas</c>, at least 1.
    /// </summary>
    [Range(1, 1024)]
    public int? Threads { get; set; }

    /// <summary>Number of workers that share this machine; taken from <c>Worker:Replicas</c>. Default 1.</summary>
    [Range(1, 1024)]
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// Pictures whose header declares more pixels are rejected. Default 51 million, enough for phone photos of 8160 × 6144; 1 to
    /// 1,000 million.
    /// </summary>
    [Range(1, 1_000_000_000)]
    public long MaxPixels { get; set; } = 51_000_000;

    /// <summary><c>cpu</c> (default), or <c>cuda</c> if the program was built with ONNX Runtime's GPU package.</summary>
    [RegularExpression("cpu|cuda")]
    public string Provider { get; set; } = "cpu";

    /// <summary><see cref="Threads"/>, or its computed default.</summary>
    public int EffectiveThreads => Threads ?? Math.Max(1, Environment.ProcessorCount / Replicas);

    /// <summary>Reads section <c>Model</c> and <c>Worker:Replicas</c>.</summary>
    /// <exception cref="OptionsValidationException">A value is out of range.</exception>
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
