using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Worker;

/// <summary><c>predict PATH… [--model FILE]</c>: prints one JSON line per photo, with the worker's own detector, without Redis or Postgres.</summary>
public static class PredictCommand
{
    private static readonly string[] Suffixes = [".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"];

    /// <summary>Runs the command.</summary>
    /// <param name="args">The arguments after <c>predict</c>: files, folders (every photo in them, recursively), <c>--model FILE</c>.</param>
    /// <returns>0 if at least one photo could be read, otherwise 1; 2 for wrong usage or an unusable model.</returns>
    public static Task<int> RunAsync(string[] args) => Task.FromResult(Run(args, Console.Out, Console.Error));

    /// <summary>Runs the command with these outputs.</summary>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (!TryParse(args, out var options, out var paths))
        {
            error.WriteLine("usage: predict PATH... [--model FILE.onnx]");
            return 2;
        }
        var (files, missing) = Expand(paths);
        foreach (var path in missing)
            error.WriteLine($"{path}: no such file or folder");
        if (files.Count == 0)
        {
            error.WriteLine("There is no photo to look at.");
            return 1;
        }
        try
        {
            using var detector = Detector.Load(options);
            return Run(detector, files, output, error) > 0 ? 0 : 1;
        }
        catch (ModelException e)
        {
            error.WriteLine(e.Message);
            return 2;
        }
    }

    private static bool TryParse(string[] args, out DetectorOptions options, out List<string> paths)
    {
        (options, paths) = (new(), []);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--model" && i + 1 < args.Length)
                options.Path = args[++i];
            else if (args[i].StartsWith("--", StringComparison.Ordinal))
                return false;
            else
                paths.Add(args[i]);
        }
        return paths.Count > 0;
    }

    /// <summary>Files as given, whatever their names; from folders, files with a photo's extension, in order.</summary>
    private static (List<string> Files, List<string> Missing) Expand(IEnumerable<string> paths)
    {
        List<string> files = [], missing = [];
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                files.AddRange(Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Where(f => Suffixes.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                    .Order(StringComparer.Ordinal));
            else
                (File.Exists(path) ? files : missing).Add(path);
        }
        return (files, missing);
    }

    /// <summary>Prints the lines in the order of the files while the lanes work ahead; returns how many could be read.</summary>
    private static int Run(Detector detector, List<string> files, TextWriter output, TextWriter error)
    {
        var (done, read, shown) = (0, 0, Environment.TickCount64);
        var mode = files.Count == 1 ? RunOn.Solo : RunOn.Lane;
        var lines = Partitioner.Create(files, EnumerablePartitionerOptions.NoBuffering).AsParallel().AsOrdered()
            .WithDegreeOfParallelism(Math.Min(detector.Lanes, 512))
            .WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .Select(file => Predict(detector, file, mode));
        foreach (var line in lines)
        {
            output.WriteLine(JsonSerializer.Serialize(line, PredictJson.Default.PredictLine));
            read += line.Error is null ? 1 : 0;
            done++;
            if (files.Count == 1 || (Environment.TickCount64 - shown < 500 && done < files.Count))
                continue;
            error.Write($"\r{done} of {files.Count} photos{(done == files.Count ? "\n" : "")}");
            shown = Environment.TickCount64;
        }
        return read;
    }

    private static PredictLine Predict(Detector detector, string file, RunOn mode)
    {
        try
        {
            using var image = detector.Prepare(File.ReadAllBytes(file));
            var result = detector.Detect(image, mode);
            return new(file, result.ContainsDog, result.Confidence, result.Detections, image.Width, image.Height,
                Math.Round(result.InferenceTime.TotalMilliseconds, 2));
        }
        catch (ImageFaultException e)
        {
            return new(file, Error: new(e.Code, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(file, Error: new(ErrorCodes.ImageMissing, e.Message));
        }
    }
}

internal sealed record PredictLine(
    string File, bool? ContainsDog = null, double? Confidence = null, IReadOnlyList<Detection>? Detections = null,
    int? Width = null, int? Height = null, double? InferenceMs = null, PredictError? Error = null);

internal sealed record PredictError(string Code, string Detail);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PredictLine))]
internal sealed partial class PredictJson : JsonSerializerContext;
