using System.Text;
using ImagePrediction.Api.Pictures;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Detection;
using NetVips;
using Found = ImagePrediction.Predictions.Detection;

namespace ImagePrediction.Tests.Pictures;

/// <summary>What becomes of a picture on its way to the annotated one.</summary>
public sealed class AnnotatorTests
{
    [Theory]
    [InlineData(300, 200, 300, 200)]
    [InlineData(1600, 1200, 1600, 1200)]
    [InlineData(3000, 2000, 1600, 1067)]
    [InlineData(1000, 4000, 400, 1600)]
    [InlineData(20_000, 3, 1600, 1)]
    public void TheLongerSideIsAtMostSixteenHundred(int width, int height, int drawnWidth, int drawnHeight)
    {
        foreach (var suffix in new[] { ".jpg", ".png" })
        {
            var drawn = Annotate(TestPictures.Encode(TestPictures.Ramp(width, height), width, height, suffix));
            Assert.Equal((drawnWidth, drawnHeight), (drawn.Width, drawn.Height));
        }
    }

    [Theory]
    [InlineData(".jpg[Q=95]")]
    [InlineData(".jpg[Q=95,interlace]")]
    [InlineData(".png")]
    [InlineData(".webp[Q=95]")]
    [InlineData(".gif")]
    [InlineData(".tif")]
    [InlineData(".avif[Q=80,effort=0]")]
    public void ABoxIsDrawnWhereItIsInTheOriginal(string suffix)
    {
        const int width = 3403, height = 2201;
        var drawn = Annotate(TestPictures.Encode(TestPictures.Ramp(width, height), width, height, suffix), Dog(1702, 1101, 850, 550));
        var scale = 1600.0 / width;
        AssertFrame(drawn, 1702 * scale, 1101 * scale, 2552 * scale, 1651 * scale);
        AssertRamp(drawn, 500, 300);
        AssertRamp(drawn, 1000, 650);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void ThePictureIsUprightAndTheBoxInItsUprightPlace(int orientation)
    {
        // The upright picture is the ramp; it is stored turned, and says so.
        const int width = 400, height = 300;
        using var upright = TestPictures.ToImage(TestPictures.Ramp(width, height), width, height);
        using var stored = (orientation switch
        {
            2 => upright.FlipHor(),
            3 => upright.Rot180(),
            4 => upright.FlipVer(),
            5 => upright.Rot90().FlipHor(),
            6 => upright.Rot270(),
            7 => upright.Rot270().FlipHor(),
            8 => upright.Rot90(),
            _ => upright.Copy(),
        }).Mutate(image => image.Set(GValue.GIntType, "orientation", orientation));

        var drawn = Annotate(stored.WriteToBuffer(".jpg[Q=95]"), Dog(240, 180, 120, 60));

        Assert.Equal((width, height), (drawn.Width, drawn.Height));
        AssertFrame(drawn, 240, 180, 360, 240);
        AssertRamp(drawn, 40, 40);
        AssertRamp(drawn, 300, 210);
        AssertRamp(drawn, 100, 250);
    }

    [Fact]
    public void NothingOfTheFilesMetadataIsLeft()
    {
        using var image = TestPictures.ToImage(TestPictures.Ramp(300, 200), 300, 200).IccTransform("p3", inputProfile: "srgb").Mutate(photo =>
        {
            photo.Set(GValue.GStrType, "exif-ifd0-Make", "Camera of mine (Camera of mine, ASCII, 15 components, 15 bytes)");
            photo.Set(GValue.GStrType, "exif-ifd3-GPSLatitude", "52/1 31/1 0/1");
            photo.Set(GValue.BlobType, "xmp-data", "<x:xmpmeta>mine</x:xmpmeta>"u8.ToArray());
            photo.Set(GValue.BlobType, "iptc-data", "Photoshop 3.0\0 mine"u8.ToArray());
        });
        var sent = image.JpegsaveBuffer(q: 95);
        Assert.Contains("Camera of mine", Encoding.Latin1.GetString(sent), StringComparison.Ordinal);

        var jpeg = Annotator.Annotate(sent, []);

        var text = Encoding.Latin1.GetString(jpeg);
        foreach (var trace in new[] { "Exif", "ICC_PROFILE", "adobe.com", "Photoshop", "mine" })
            Assert.DoesNotContain(trace, text, StringComparison.OrdinalIgnoreCase);
        AssertRamp(new(jpeg), 150, 100); // in sRGB, though the original was not
        AssertRamp(new(jpeg), 280, 180);
    }

    [Fact]
    public void TransparentGreyAndDeepPicturesBecomeEightBitRgb()
    {
        using var rgb = TestPictures.ToImage(TestPictures.Ramp(300, 200), 300, 200);
        using var grey = rgb.Colourspace(Enums.Interpretation.Bw);
        foreach (var encoded in new[]
        {
            rgb.Bandjoin(255).PngsaveBuffer(), grey.PngsaveBuffer(), grey.Bandjoin(255).WebpsaveBuffer(), (grey > 100).WriteToBuffer(".tif[bitdepth=1]"),
            rgb.Colourspace(Enums.Interpretation.Rgb16).PngsaveBuffer(), rgb.Colourspace(Enums.Interpretation.Cmyk).JpegsaveBuffer(),
        })
        {
            AssertFrame(Annotate(encoded, Dog(100, 80, 120, 90)), 100, 80, 220, 170);
        }
    }

    [Fact]
    public void ADamagedPictureIsATypedFault()
    {
        var png = TestPictures.Encode(TestPictures.Noise(300, 200, 1), 300, 200, ".png");
        foreach (var bytes in new[] { png[..^2000], png[..40], [.. "nothing of the kind"u8], [] })
            Assert.Equal(ErrorCodes.ImageCorrupt, Assert.Throws<ImageFaultException>(() => Annotator.Annotate(bytes, [])).Code);
    }

    private static Drawn Annotate(byte[] encoded, params Found[] found) => new(Annotator.Annotate(encoded, found));

    private static Found Dog(double x, double y, double width, double height) => new("dog", 0.97, new(x, y, width, height));

    /// <summary>A light line between dark ones at the middle of every side (a little off at the top, for the label), to a pixel.</summary>
    internal static void AssertFrame(Drawn drawn, double left, double top, double right, double bottom)
    {
        int x = (int)((left + right) / 2), y = (int)((top + bottom) / 2), nearRight = (int)(right - 12);
        Assert.Equal(left, Middle(at => drawn.IsLight(at, y), left), 1.0);
        Assert.Equal(right, Middle(at => drawn.IsLight(at, y), right), 1.0);
        Assert.Equal(bottom, Middle(at => drawn.IsLight(x, at), bottom), 1.0);
        Assert.Equal(top, Middle(at => drawn.IsLight(nearRight, at), top), 1.0);
    }

    /// <summary>The middle of what is light within ten pixels; it must be a line of few.</summary>
    private static double Middle(Func<int, bool> isLight, double around)
    {
        var light = Enumerable.Range((int)Math.Round(around) - 10, 21).Where(isLight).ToList();
        Assert.InRange(light.Count, 1, 5);
        return light.Average() + 0.5;
    }

    /// <summary>The ramp's colour at this place, as <see cref="TestPictures.Ramp"/> makes it.</summary>
    private static void AssertRamp(Drawn drawn, int x, int y)
    {
        double across = (x + 0.5) / drawn.Width, down = (y + 0.5) / drawn.Height;
        var (r, g, b) = drawn[x, y];
        Assert.Equal(40 + 180 * across, r, 9.0);
        Assert.Equal(40 + 180 * down, g, 9.0);
        Assert.Equal(60 + 120 * across * down, b, 12.0);
    }
}
