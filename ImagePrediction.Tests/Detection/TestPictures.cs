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
        LibVips.EnsureReady();
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
        using var image = ImageDecoder.Decode(encoded, maxPixels, (w, h) => Letterbox.Fit(w, h, Dynamic256), minRemaining);
        return (image.Width, image.Height, image.Rgb.ToArray());
    }

    public static double MeanDifference(byte[] a, byte[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Average();
    }
}
