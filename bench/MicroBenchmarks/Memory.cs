using System.Diagnostics;
using ImagePrediction.Worker.Detection;

namespace MicroBenchmarks;

/// <summary>Resident memory of the detector at work, and how much a picture leaves for the garbage collector.</summary>
internal static class Memory
{
    public static void Measure(string path)
    {
        using var detector = Detector.Load(new DetectorOptions { Path = path });
        detector.WarmUp();
        Report("loaded and warm");
        foreach (var (width, height, suffix) in new[]
        {
            (500, 400, ".jpg[Q=85]"), (4000, 3000, ".jpg[Q=85]"), (8160, 6120, ".jpg[Q=85]"), (8160, 6120, ".png[compression=1]"), (8160, 6120, ".webp"),
        })
        {
            var photo = Photos.Encode(width, height, suffix);
            GC.Collect();
            Report($"before {width} x {height}{suffix}");
            var before = GC.GetTotalAllocatedBytes(precise: true);
            const int count = 20;
            Parallel.For(0, count, new() { MaxDegreeOfParallelism = detector.Lanes }, _ =>
            {
                using var image = detector.Prepare(photo);
                detector.Detect(image, RunOn.Lane);
            });
            Report($"after, {(GC.GetTotalAllocatedBytes(precise: true) - before) / count / 1024} KiB of garbage a picture");
        }
    }

    private static void Report(string what)
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"{what,-60} {process.WorkingSet64 >> 20} MiB resident, peak {process.PeakWorkingSet64 >> 20} MiB");
    }
}
