using System.Diagnostics;
using System.Runtime.InteropServices;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SkiaSharp;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Finds dogs with a model of the YOLOv5 family: <see cref="Prepare(ReadOnlyMemory{byte}, CancellationToken)"/> decodes and letterboxes,
/// <see cref="Detect"/> runs the model and reads its boxes. The two may overlap for different pictures. Thread-safe.
/// </summary>
public sealed class Detector : IDisposable
{
    private const float LowestShown = 0.05f; // anything lower is not even reported as below the threshold
    private const int MaxBelowThreshold = 20;

    private readonly DetectorOptions options;
    private readonly InferenceSession lane;
    private readonly InferenceSession solo;
    private readonly string[] inputNames;
    private readonly string[] outputNames;
    private readonly RunOptions run = new();
    private readonly InputPool pool;

    private Detector(DetectorOptions options, InferenceSession lane, InferenceSession solo, LoadedModel model, string input, string output)
    {
        (this.options, this.lane, this.solo, Model) = (options, lane, solo, model);
        (inputNames, outputNames) = ([input], [output]);
        pool = new InputPool(model.Input, keep: 4 * Lanes + 4);
    }

    /// <summary>The loaded model.</summary>
    public LoadedModel Model { get; }

    /// <summary>Optimal number of pictures to run at once with <see cref="RunOn.Lane"/>: one per inference thread of the process.</summary>
    public int Lanes => options.EffectiveThreads;

    /// <summary>Loads a model and checks it against its card.</summary>
    /// <exception cref="ModelException">The model is missing, does not match its card, or is not in YOLOv5's format.</exception>
    public static Detector Load(DetectorOptions options)
    {
        ImageDecoder.EnsureReady();
        var path = ModelSession.Find(options.Path);
        var (sha256, card) = ModelSession.Verify(path);
        var single = ModelSession.Open(path, 1, options.Provider);
        try
        {
            var (info, input, output) = ModelSession.Describe(single, path, sha256, card, options);
            var all = options.EffectiveThreads == 1 ? single : ModelSession.Open(path, options.EffectiveThreads, options.Provider);
            NativeHeap.Trim(); // loading leaves behind more free memory than the model occupies
            return new Detector(options, single, all, info, input, output);
        }
        catch
        {
            single.Dispose();
            throw;
        }
    }

    /// <summary>Decodes a picture, turns it upright and letterboxes it into the model's input.</summary>
    /// <param name="encoded">The file's bytes, in one of the accepted formats.</param>
    /// <param name="cancellationToken">Checked before and after decoding; decoding itself always runs to completion.</param>
    /// <exception cref="ImageFaultException">The picture is not in an accepted format, corrupt, truncated, or too large.</exception>
    public PreparedImage Prepare(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var image = DecodedImage.Decode(encoded.Span, options.MaxPixels, Model.Input);
        cancellationToken.ThrowIfCancellationRequested();
        return Prepare(image);
    }

    /// <summary>Letterboxes a decoded picture, whose memory may be freed afterwards.</summary>
    internal PreparedImage Prepare(DecodedImage image)
    {
        var buffer = pool.Rent();
        buffer.Resampler.Resample(image.Pixels.GetPixelSpan(), image.Pixels.Width, image.Pixels.Height, image.Shrink, image.Box, buffer.Data);
        return new PreparedImage(pool, buffer, image.Box);
    }

    /// <summary>Runs the model on a prepared picture.</summary>
    /// <exception cref="ModelException">The model's output is not in YOLOv5's format.</exception>
    public Answer Detect(PreparedImage image, RunOn mode)
    {
        var box = image.Letterbox;
        var started = Stopwatch.GetTimestamp();
        using var outputs = Run(image, mode == RunOn.Solo ? solo : lane);
        var inference = Stopwatch.GetElapsedTime(started);

        var candidates = new List<Candidate>();
        var threshold = (float)Model.Threshold;
        var confidence = YoloOutput.Read(Rows(outputs[0], image.Buffer), Model.Labels.Count, Math.Min(threshold, LowestShown), Model.Dog, candidates);
        // Sorted best first, so a box below the threshold never suppresses one above it.
        var kept = Suppression.Apply(candidates);
        var passed = kept.TakeWhile(c => c.Score >= threshold).ToList();
        var below = kept.Skip(passed.Count).Take(MaxBelowThreshold).ToList();
        return new(passed.Exists(c => c.Class == Model.Dog), Round(confidence), ToDetections(passed, box), ToDetections(below, box), inference,
            Model.Name, Model.Version, Model.Threshold);
    }

    /// <summary>Runs everything once, so that the first picture need not wait for allocations and compilation.</summary>
    public void WarmUp()
    {
        using var black = new SKBitmap(Model.Input.Size, Model.Input.Size, isOpaque: true);
        using var jpeg = black.Encode(SKEncodedImageFormat.Jpeg, quality: 80);
        var encoded = jpeg.ToArray();
        foreach (var mode in new[] { RunOn.Lane, RunOn.Solo })
        {
            using var image = Prepare(encoded);
            Detect(image, mode);
        }
    }

    /// <summary>Unloads the model. No picture may be in progress.</summary>
    public void Dispose()
    {
        pool.Dispose();
        run.Dispose();
        solo.Dispose();
        lane.Dispose();
    }

    /// <summary>The model's raw output for one picture; for comparisons.</summary>
    internal float[] Run(PreparedImage image)
    {
        using var outputs = Run(image, lane);
        return Rows(outputs[0], image.Buffer).ToArray();
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(PreparedImage image, InferenceSession session) =>
        session.Run(run, inputNames, image.Buffer.Bind(image.Letterbox.InputHeight, image.Letterbox.InputWidth), outputNames);

    /// <summary>The rows of the first picture in the batch.</summary>
    private ReadOnlySpan<float> Rows(OrtValue output, InputBuffer buffer)
    {
        var given = output.GetTensorTypeAndShape();
        if (given.Shape is not [_, var anchors, var width] || width != 5 + Model.Labels.Count)
            throw new ModelException($"The model gave [{string.Join(", ", given.Shape)}], not [N, anchors, {5 + Model.Labels.Count}].");
        var numbers = checked((int)(anchors * width));
        return given.ElementDataType == TensorElementType.Float16
            ? buffer.ToSingle(output.GetTensorDataAsSpan<Float16>()[..numbers])
            : output.GetTensorDataAsSpan<float>()[..numbers];
    }

    private Detection[] ToDetections(List<Candidate> kept, Letterbox box)
    {
        var found = new Detection[kept.Count];
        for (var i = 0; i < found.Length; i++)
        {
            ref readonly var c = ref CollectionsMarshal.AsSpan(kept)[i];
            found[i] = new(Model.Labels[c.Class], Round(c.Score), box.ToOriginal(c.X1, c.Y1, c.X2, c.Y2));
        }
        return found;
    }

    /// <summary>Rounds to five decimals: the useful precision of a float score, and shorter in JSON.</summary>
    private static double Round(float score) => Math.Round((double)score, 5);
}
