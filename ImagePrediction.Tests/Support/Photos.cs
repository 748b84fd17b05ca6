using NetVips;

namespace ImagePrediction.Tests.Support;

/// <summary>Pictures made on the spot, every one different.</summary>
internal static class Photos
{
    public static byte[] Jpeg(int width, int height, int seed = 0)
    {
        using var picture = Make(width, height, seed);
        return picture.JpegsaveBuffer();
    }

    public static byte[] Png(int width, int height, int seed = 0)
    {
        using var picture = Make(width, height, seed);
        return picture.PngsaveBuffer();
    }

    private static Image Make(int width, int height, int seed)
    {
        ImagePrediction.Decoding.ImageDecoder.EnsureReady();
        using var noise = Image.Gaussnoise(Math.Max(1, width / 8), Math.Max(1, height / 8), sigma: 60, mean: 128, seed: seed);
        using var smooth = noise.Resize((double)width / noise.Width, vscale: (double)height / noise.Height);
        using var grey = smooth.Cast(Enums.BandFormat.Uchar);
        return grey.Bandjoin(grey, grey).Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
