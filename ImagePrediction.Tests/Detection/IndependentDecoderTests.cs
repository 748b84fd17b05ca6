using NetVips;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using Sharp = SixLabors.ImageSharp;

namespace ImagePrediction.Tests.Detection;

/// <summary>Held against ImageSharp, a decoder written by others in another language.</summary>
public sealed class IndependentDecoderTests
{
    private const int Width = 301, Height = 203;

    [Theory]
    [InlineData(".jpg[Q=90]", 1.5)]
    [InlineData(".jpg[Q=90,subsample-mode=off]", 1.0)]
    [InlineData(".jpg[Q=90,interlace]", 1.5)]
    [InlineData(".png", 0)]
    [InlineData(".png[interlace]", 0)]
    [InlineData(".png[palette]", 0)]
    [InlineData(".gif[dither=0]", 0)]
    [InlineData(".webp[lossless]", 0)]
    [InlineData(".webp[Q=90]", 1.5)]
    [InlineData(".tif", 0)]
    [InlineData(".tif[compression=lzw]", 0)]
    [InlineData(".tif[compression=deflate,predictor=horizontal]", 0)]
    public void AnotherDecoderMakesTheSamePicture(string suffix, double tolerance)
    {
        using var picture = Detailed();
        foreach (var orientation in suffix.StartsWith(".jpg", StringComparison.Ordinal) || suffix.StartsWith(".png", StringComparison.Ordinal) ? [1, 6] : new[] { 1 }) // the other one does not know it of the rest
        {
            using var turned = picture.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation));
            AssertSame(turned.WriteToBuffer(suffix), tolerance, suffix);
        }
    }

    [Fact]
    public void GreyDeepAndTransparentPicturesAreTheSameToo()
    {
        using var rgb = Detailed();
        using var grey = rgb.Colourspace(Enums.Interpretation.Bw);
        using var half = (rgb.ExtractBand(1) / 2 + 60).Cast(Enums.BandFormat.Uchar);
        AssertSame(grey.WriteToBuffer(".jpg[Q=90]"), 1, "grey JPEG");
        AssertSame(grey.WriteToBuffer(".png"), 0, "grey PNG");
        AssertSame(rgb.Colourspace(Enums.Interpretation.Rgb16).WriteToBuffer(".png"), 1, "16-bit PNG");
        AssertSame(rgb.Bandjoin(half).WriteToBuffer(".png"), 1, "PNG that shines through");
        AssertSame(rgb.Bandjoin(half).WriteToBuffer(".webp[lossless]"), 1, "WebP that shines through");
    }

    [Fact]
    public void EverySixtiethOfTheSharedPhotosIsTheSame()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.Shared("dogs", "eval")).Order(StringComparer.Ordinal).Where((_, i) => i % 60 == 0))
            AssertSame(File.ReadAllBytes(file), 2, Path.GetFileName(file));
    }

    private static Image Detailed()
    {
        var rgb = TestPictures.Ramp(Width, Height);
        for (var i = 0; i < rgb.Length; i++)
            rgb[i] = (byte)Math.Clamp(rgb[i] + 30 * Math.Sin(i / 47.0) + 20 * Math.Cos(i / 911.0), 0, 255);
        return TestPictures.ToImage(rgb, Width, Height);
    }

    private static void AssertSame(byte[] encoded, double tolerance, string what)
    {
        using var theirs = Sharp.Image.Load<Rgba32>(encoded);
        theirs.Mutate(image => image.AutoOrient().BackgroundColor(Sharp.Color.White));
        var pixels = new byte[theirs.Width * theirs.Height * 4];
        theirs.CopyPixelDataTo(pixels);
        var (width, height, rgb) = TestPictures.Decode(encoded);
        Assert.Equal((what, theirs.Width, theirs.Height), (what, width, height));
        var difference = TestPictures.MeanDifference(TestPictures.Rgb(pixels), rgb);
        Assert.True(difference <= tolerance, $"{what}: {difference:F3} apart");
    }
}
