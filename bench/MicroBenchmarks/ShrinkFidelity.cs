using System.Collections.Concurrent;
using System.Text.Json;
using ImagePrediction.Decoding;
using ImagePrediction.Worker.Yolo;
using NetVips;

namespace MicroBenchmarks;

/// <summary>
/// How shrinking while decoding affects verdicts and scores: photos are enlarged to camera size, encoded, and run once
/// at full size and once shrunk. If there are labels beside the folder (FOLDER.jsonl), it also prints how many verdicts are right.
/// </summary>
internal static class ShrinkFidelity
{
    private static readonly double[] Remaining = [2, 3, 4];

    public static void Measure(string folder, int count, double[] grains)
    {
        using var detector = Detector.Load(new DetectorOptions());
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToList();
        var sample = files.Where((_, i) => i * (long)count / files.Count != (i - 1) * (long)count / files.Count).Take(count).ToList();
        var labels = File.Exists($"{folder.TrimEnd('/')}.jsonl") ? File.ReadLines($"{folder.TrimEnd('/')}.jsonl").Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(label => Path.GetFileName(label.GetProperty("file").GetString()!), label => label.GetProperty("contains_dog").GetBoolean()) : [];
        foreach (var grain in grains)
        {
            foreach (var (suffix, enlarge) in new[] { (".jpg[Q=90]", 8), (".jpg[Q=90]", 4), (".webp[Q=90]", 4), (".png[compression=1]", 4) })
            {
                var scores = new ConcurrentBag<(string File, double Full, double[] Shrunk)>();
                Parallel.ForEach(suffix[1] == 'j' ? sample : sample.Take(count / 4), new() { MaxDegreeOfParallelism = detector.Lanes }, file =>
                {
                    var encoded = Enlarge(file, enlarge, suffix, grain);
                    scores.Add((Path.GetFileName(file), Score(detector, encoded, double.PositiveInfinity), [.. Remaining.Select(r => Score(detector, encoded, r))]));
                });
                for (var i = 0; i < Remaining.Length; i++)
                {
                    var threshold = detector.Model.Threshold;
                    var same = scores.Count(s => s.Full >= threshold == s.Shrunk[i] >= threshold);
                    var moved = scores.Average(s => Math.Abs(s.Full - s.Shrunk[i]));
                    var known = scores.Where(s => labels.ContainsKey(s.File)).ToList();
                    var right = known.Count == 0 ? "" : $"; right on {known.Count(s => s.Full >= threshold == labels[s.File])} at full size, {known.Count(s => s.Shrunk[i] >= threshold == labels[s.File])} shrunk";
                    Console.WriteLine($"{suffix} x{enlarge}, grain {grain}, at least {Remaining[i]} left: verdict same on {same} of {scores.Count} ({(double)same / scores.Count:P2}), scores move {moved:F4} on average{right}");
                }
            }
        }
    }

    private static double Score(Detector detector, byte[] encoded, double minRemaining)
    {
        using var image = DecodedImage.Decode(encoded, 200_000_000, detector.Model.Input, minRemaining);
        using var prepared = detector.Prepare(image);
        return detector.Detect(prepared, RunOn.Lane).Confidence;
    }

    /// <summary>Enlarges with a sharp filter, and adds grain of this standard deviation: camera photos have grain, enlarged ones do not.</summary>
    private static byte[] Enlarge(string file, int factor, string suffix, double grain)
    {
        ImageDecoder.EnsureReady();
        Operation.Block("VipsForeignLoad", false); // photos of any format
        using var small = Image.NewFromFile(file);
        using var rgb = small.HasAlpha() ? small.Flatten() : small.Copy();
        using var large = rgb.Resize(factor, kernel: Enums.Kernel.Lanczos3);
        using var noise = Image.Gaussnoise(large.Width, large.Height, sigma: grain, mean: 0, seed: 7);
        using var grainy = large + noise;
        using var cast = grainy.Cast(Enums.BandFormat.Uchar);
        using var srgb = cast.Copy(interpretation: large.Interpretation);
        return srgb.WriteToBuffer(suffix);
    }
}
