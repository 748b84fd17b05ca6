using ImagePrediction.Decoding;
using NetVips;

namespace MicroBenchmarks;

/// <summary>Pictures that cost about as much to decode as photos of their size: structure at many scales, and noise.</summary>
internal static class Photos
{
    /// <summary>Interleaved RGB; always the same for one size.</summary>
    public static byte[] Rgb(int width, int height)
    {
        var random = new Random(7);
        var rgb = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    double u = x * 640.0 / width, v = y * 480.0 / height;
                    var value = 128 + 50 * Math.Sin(u / (37 + c)) * Math.Cos(v / 41) + 30 * Math.Sin((u + v) / 7) + 15 * Math.Sin(u * v / 900)
                        + random.Next(-6, 7);
                    rgb[(y * width + x) * 3 + c] = (byte)Math.Clamp(value, 0, 255);
                }
            }
        }
        return rgb;
    }

    /// <summary>The same with an opaque alpha channel.</summary>
    public static byte[] Rgba(int width, int height) => [.. Rgb(width, height).Chunk(3).SelectMany(pixel => pixel.Append((byte)255))];

    /// <summary>The same picture encoded; the suffix chooses the format, such as <c>.jpg[Q=85]</c>.</summary>
    public static byte[] Encode(int width, int height, string suffix)
    {
        ImageDecoder.EnsureReady();
        using var image = Image.NewFromMemory(Rgb(width, height), width, height, 3, Enums.BandFormat.Uchar);
        using var srgb = image.Copy(interpretation: Enums.Interpretation.Srgb);
        return srgb.WriteToBuffer(suffix);
    }
}
