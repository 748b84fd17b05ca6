using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Opens a model, and checks its hash against its card and its format against YOLOv5's.</summary>
internal static class ModelSession
{
    /// <summary>YOLOv5's own default, for exports that specify none.</summary>
    private const double DefaultThreshold = 0.25;
    private const int DefaultSize = 640;
    private const int DefaultStride = 32;

    /// <summary>The absolute path of the model file that the options name.</summary>
    /// <exception cref="ModelException">There is no such file.</exception>
    public static string Find(string path) =>
        new[] { Path.GetFullPath(path), Path.Combine(AppContext.BaseDirectory, path) }.FirstOrDefault(File.Exists)
        ?? throw new ModelException($"There is no model at {Path.GetFullPath(path)}.");

    /// <summary>Hashes the file and compares the hash with the card beside it, if there is one.</summary>
    /// <exception cref="ModelException">The file is not the one that the card describes.</exception>
    public static (string Sha256, ModelCard? Card) Verify(string path)
    {
        using var file = File.OpenRead(path);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
        var card = ModelCard.Beside(path);
        return card is null || card.Sha256!.Equals(sha256, StringComparison.OrdinalIgnoreCase)
            ? (sha256, card)
            : throw new ModelException($"{path} is not the model its card describes: its SHA-256 is {sha256}, the card says {card.Sha256}.");
    }

    /// <summary>Loads the file into a session of its own.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="threads">1 runs on the calling thread; more use a pool of that many, including the caller.</param>
    /// <param name="provider"><c>cpu</c> or <c>cuda</c>.</param>
    /// <exception cref="ModelException">ONNX Runtime cannot run the model, or the provider is missing.</exception>
    public static InferenceSession Open(string path, int threads, string provider)
    {
        OnnxTelemetry.TurnOff();
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Waiting threads spin during a run, since they are soon needed again (a third faster than waking them), and stop
        // when it ends: between runs, decoding and the other replicas need the CPU.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", threads > 1 ? "1" : "0");
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        try
        {
            if (provider == "cuda")
                options.AppendExecutionProvider_CUDA(0);
            return new InferenceSession(path, options);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException)
        {
            throw new ModelException($"{path} cannot be run ({provider}): {e.Message}", e);
        }
    }

    /// <summary>Combines the model's metadata with its card; options override both.</summary>
    /// <exception cref="ModelException">The model is not in YOLOv5's format, or has no class <c>dog</c>.</exception>
    public static (LoadedModel Info, string Input, string Output) Describe(
        InferenceSession session, string path, string sha256, ModelCard? card, DetectorOptions options)
    {
        var metadata = session.ModelMetadata.CustomMetadataMap;
        var labels = ClassNames.Of(path, metadata);
        var dog = labels.ToList().FindIndex(l => l.Equals("dog", StringComparison.OrdinalIgnoreCase));
        if (dog < 0)
            throw new ModelException($"{path} knows no class 'dog', only: {string.Join(", ", labels.Take(20))}.");

        var (input, node) = session.InputMetadata.Count == 1
            ? session.InputMetadata.Single()
            : throw new ModelException($"{path} has {session.InputMetadata.Count} inputs; a YOLOv5 export has one.");
        if (node.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16) || node.Dimensions is not [var batch, 3 or -1, var height, var width])
            throw new ModelException($"{path} takes {node.ElementDataType} [{string.Join(", ", node.Dimensions)}]; a YOLOv5 export takes Float or Float16 [N, 3, H, W].");
        var output = session.OutputMetadata.FirstOrDefault(o => o.Value.Dimensions is [_, _, var row] && (row == 5 + labels.Count || row == -1)).Key
            ?? throw new ModelException($"{path} has no output [N, anchors, {5 + labels.Count}] for its {labels.Count} classes.");

        if (options.InputSize is not null && height > 0 && width > 0)
            throw new ModelException($"{path} takes pictures of {width} × {height} pixels and no others: Model:InputSize does not apply.");
        var stride = Number(metadata, "stride") is { } s ? (int)s : DefaultStride;
        var size = (int)(options.InputSize ?? Number(metadata, "imgsz") ?? card?.InputSize ?? Math.Max(height, width));
        var shape = new InputShape(Math.Max(1, batch), Known(height), Known(width), RoundUp(size > 0 ? size : DefaultSize, stride), stride,
            Half: node.ElementDataType == TensorElementType.Float16);
        return (new LoadedModel(
            card?.Name ?? Text(metadata, "name") ?? Path.GetFileNameWithoutExtension(path),
            card?.Version ?? Text(metadata, "date") ?? sha256[..12],
            options.Threshold ?? card?.Threshold ?? Number(metadata, "threshold") ?? DefaultThreshold,
            labels, dog, shape, sha256), input, output);
    }

    private static int? Known(int axis) => axis > 0 ? axis : null;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    private static string? Text(Dictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    /// <summary>The first number of a value such as <c>32</c>, <c>32.0</c> or <c>[256, 256]</c>; null if there is none above 0.</summary>
    private static double? Number(Dictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var value)
        && double.TryParse(value.TrimStart('[', '(').Split(',', ']', ')')[0], out var number) && number > 0 ? number : null;
}
