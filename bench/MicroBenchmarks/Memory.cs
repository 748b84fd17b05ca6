using System.Diagnostics;
using ImagePrediction.Worker.Yolo;

namespace MicroBenchmarks;

/// <summary>Resident memory of the running detector, and how much garbage each picture leaves.</summary>
internal static class Memory
{
    private static readonly (int Width, int Height, string Suffix)[] Sizes =
        [(500, 400, ".jpg"), (4000, 3000, ".jpg"), (8160, 6120, ".jpg"), (8160, 6120, ".png")];

    /// <summary>Writes the photos that <see cref="Measure"/> uses; in a separate process, since generating them takes memory.</summary>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (width, height, suffix) in Sizes)
            File.WriteAllBytes(Path.Combine(folder, $"{width:D4}x{height}{suffix}"), Photos.Encode(width, height, suffix));
    }

    public static void Measure(string model, string folder)
    {
        const int count = 60;
        using var detector = Detector.Load(new DetectorOptions { Path = model });
        detector.WarmUp();
        Report("loaded and warm");
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var photo = File.ReadAllBytes(file);
            void Run(int _)
            {
                using var image = detector.Prepare(photo);
                detector.Detect(image, RunOn.Lane);
            }
            var lanes = new ParallelOptions { MaxDegreeOfParallelism = detector.Lanes };
            Parallel.For(0, 2 * detector.Lanes, lanes, Run);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Parallel.For(0, count, lanes, Run);
            var garbage = (GC.GetTotalAllocatedBytes(precise: true) - before) / count / 1024;
            Report($"{Path.GetFileName(file)}, {detector.Lanes} lanes: {garbage} KiB of garbage a picture");
        }
    }

    private static void Report(string what)
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"{what,-60} {process.WorkingSet64 >> 20} MiB resident, peak {process.PeakWorkingSet64 >> 20} MiB");
    }
}
