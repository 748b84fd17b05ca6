using ImagePrediction.Worker.Yolo;

namespace MicroBenchmarks;

/// <summary>CPU time from encoded bytes to pixels for the model, which other programs on the machine disturb less than elapsed time.</summary>
internal static class DecodeTimes
{
    private static readonly InputShape Input = new(1, null, null, 256, 32);

    /// <summary>Measures two typical sizes.</summary>
    public static void Measure()
    {
        foreach (var (width, height, count) in new[] { (4000, 3000, 60), (500, 400, 600) })
        {
            var photo = Photos.Encode(width, height, ".jpg[Q=85]");
            Console.WriteLine($"{width} x {height}, JPEG of {photo.Length} bytes, for a 256-pixel model: {Milliseconds(photo, count):F2} ms of CPU");
        }
    }

    /// <summary>Measures the given files.</summary>
    public static void Measure(string[] files)
    {
        foreach (var file in files)
            Console.WriteLine($"{file}, for a 256-pixel model: {Milliseconds(File.ReadAllBytes(file), 200):F2} ms of CPU");
    }

    private static double Milliseconds(byte[] photo, int count)
    {
        Decode(photo, count / 4);
        var before = Environment.CpuUsage.TotalTime;
        Decode(photo, count);
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / count;
    }

    private static void Decode(byte[] photo, int count)
    {
        for (var i = 0; i < count; i++)
            DecodedImage.Decode(photo, 60_000_000, Input).Dispose();
    }
}
