using BenchmarkDotNet.Attributes;
using ImagePrediction.Worker.Yolo;

namespace MicroBenchmarks;

/// <summary>From the model's output to boxes.</summary>
[MemoryDiagnoser]
public class OutputBenchmarks
{
    private float[] rows = [];

    /// <summary>25,200 rows of 85 are YOLOv5 at 640 × 640 with the COCO classes.</summary>
    [Params(2, 80)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var (random, width) = (new Random(7), 5 + Classes);
        rows = new float[25_200 * width];
        for (var at = 0; at < rows.Length; at += width)
        {
            (rows[at], rows[at + 1]) = (random.NextSingle() * 640, random.NextSingle() * 640);
            (rows[at + 2], rows[at + 3]) = (20 + random.NextSingle() * 200, 20 + random.NextSingle() * 200);
            // About one row in 250 passes, as around real objects.
            rows[at + 4] = random.Next(250) == 0 ? 0.9f : 0.01f * random.NextSingle();
            for (var c = 0; c < Classes; c++)
                rows[at + 5 + c] = random.NextSingle();
        }
    }

    [Benchmark]
    public int ReadAndSuppress()
    {
        var candidates = new List<Candidate>();
        YoloOutput.Read(rows, Classes, 0.25f, 0, candidates);
        return Suppression.Apply(candidates).Count;
    }
}
