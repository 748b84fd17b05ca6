using ImagePrediction.Decoding;
using ImagePrediction.Worker.Yolo;
using NetVips;

namespace ImagePrediction.Tests.Detection;

/// <summary>Pictures made on the spot, and what becomes of them.</summary>
internal static class TestPictures
{
    public static readonly InputShape Dynamic256 = new(1, null, null, 256, 32);

    /// <summary>Smooth colour ramps with no symmetry, so that lossy formats keep them and no turn goes unnoticed.</summary>
    public static byte[] Ramp(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            double x = (i % width + 0.5) / width, y = (i / width + 0.5) / height;
            rgb[3 * i] = (byte)(40 + 180 * x);
            rgb[3 * i + 1] = (byte)(40 + 180 * y);
            rgb[3 * i + 2] = (byte)(60 + 120 * x * y);
        }
        return rgb;
    }

    public static byte[] Noise(int width, int height, int seed)
    {
        var rgb = new byte[width * height * 3];
        new Random(seed).NextBytes(rgb);
        return rgb;
    }

    public static Image ToImage(byte[] rgb, int width, int height)
    {
        ImageDecoder.EnsureReady();
        return Image.NewFromMemory(rgb, width, height, 3, Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
    }

    public static byte[] Encode(byte[] rgb, int width, int height, string suffix)
    {
        using var image = ToImage(rgb, width, height);
        return image.WriteToBuffer(suffix);
    }

    /// <summary>Decodes as the detector does; at full size unless told otherwise.</summary>
    public static (int Width, int Height, byte[] Rgb) Decode(
        byte[] encoded, double minRemaining = double.PositiveInfinity, long maxPixels = 50_000_000)
    {
        using var image = DecodedImage.Decode(encoded, maxPixels, Dynamic256, minRemaining);
        return (image.Pixels.Width, image.Pixels.Height, Rgb(image.Pixels.GetPixelSpan()));
    }

    /// <summary>RGBA for RGB.</summary>
    public static byte[] Rgba(byte[] rgb) => [.. rgb.Chunk(3).SelectMany(pixel => pixel.Append((byte)255))];

    /// <summary>RGB of RGBA.</summary>
    public static byte[] Rgb(ReadOnlySpan<byte> rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
            rgba.Slice(from, 3).CopyTo(rgb.AsSpan(to));
        return rgb;
    }

    public static double MeanDifference(byte[] a, byte[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Average();
    }
}
