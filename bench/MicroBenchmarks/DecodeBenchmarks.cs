using BenchmarkDotNet.Attributes;
using ImagePrediction.Decoding;
using ImagePrediction.Worker.Yolo;

namespace MicroBenchmarks;

/// <summary>From bytes to the model's input.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    private static readonly InputShape Shipped = new(1, null, null, 256, 32);
    private static readonly InputShape Square640 = new(1, 640, 640, 640, 32);
    private readonly LetterboxResampler resampler = new();
    private readonly float[] input = new float[3 * 640 * 640];
    private readonly byte[] rgba = Photos.Rgba(500, 400);
    private readonly byte[] small = Photos.Encode(500, 400, ".jpg[Q=85]");
    private readonly byte[] tiny = Photos.Encode(64, 64, ".jpg[Q=85]");
    private readonly byte[] large = Photos.Encode(4000, 3000, ".jpg[Q=85]");

    [Benchmark]
    public int Decode500x400() => Decode(small, Shipped);

    [Benchmark]
    public int Decode4000x3000() => Decode(large, Shipped);

    [Benchmark]
    public int DecodeAndLetterbox500x400To256() => Prepare(small, Shipped);

    [Benchmark]
    public int DecodeAndLetterbox500x400To640() => Prepare(small, Square640);

    [Benchmark]
    public int DecodeAndLetterbox64x64() => Prepare(tiny, new(1, 64, 64, 64, 32));

    [Benchmark]
    public void Letterbox500x400To256() => resampler.Resample(rgba, 500, 400, 1, Letterbox.Fit(500, 400, Shipped), input);

    [Benchmark]
    public void Letterbox500x400To640() => resampler.Resample(rgba, 500, 400, 1, Letterbox.Fit(500, 400, Square640), input);

    private static int Decode(byte[] encoded, InputShape shape)
    {
        using var image = DecodedImage.Decode(encoded, 60_000_000, shape);
        return image.Pixels.Width;
    }

    private int Prepare(byte[] encoded, InputShape shape)
    {
        using var image = DecodedImage.Decode(encoded, 60_000_000, shape);
        resampler.Resample(image.Pixels.GetPixelSpan(), image.Pixels.Width, image.Pixels.Height, image.Shrink, image.Box, input);
        return image.Pixels.Width;
    }
}

/// <summary>Reading a picture's size, which every POST does.</summary>
[MemoryDiagnoser]
public class HeaderBenchmarks
{
    private string file = "";
    private ImageFormat format = ImageFormat.Jpeg;

    [Params("jpg", "png", "webp", "gif", "tif", "avif")]
    public string Suffix { get; set; } = "jpg";

    [GlobalSetup]
    public void Write()
    {
        file = Path.Combine(Path.GetTempPath(), $"header-{Environment.ProcessId}.{Suffix}");
        File.WriteAllBytes(file, Photos.Encode(500, 400, "." + Suffix));
        format = ImageFormat.Sniff(File.ReadAllBytes(file))!;
    }

    [GlobalCleanup]
    public void Delete() => File.Delete(file);

    [Benchmark]
    public ImageHeader Read() => ImageHeader.Read(file, format);
}
