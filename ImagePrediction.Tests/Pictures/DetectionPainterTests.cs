using ImagePrediction.Api.Pictures;
using SkiaSharp;
using Found = ImagePrediction.Predictions.Detection;

namespace ImagePrediction.Tests.Pictures;

/// <summary>Frames and labels on a grey picture of 1000 × 800: a line of 2 pixels between dark ones of 1.</summary>
public sealed class DetectionPainterTests
{
    private const int Width = 1000, Height = 800;
    private static readonly (int, int, int) Grey = (128, 128, 128), Dark = (5, 32, 28), Light = (94, 234, 212);

    [Fact]
    public void TheMiddleOfTheLineIsTheEdgeOfTheBox()
    {
        var picture = Paint(Dog(100, 200, 300, 400));
        (int, int, int)[] across = [Grey, Dark, Light, Light, Dark, Grey];
        for (var i = 0; i < across.Length; i++)
        {
            Assert.Equal(across[i], picture[97 + i, 350]);
            Assert.Equal(across[i], picture[397 + i, 350]);
            Assert.Equal(across[i], picture[250, 597 + i]);
        }
        Assert.Equal(Light, picture[390, 199]);
        Assert.Equal(Dark, picture[390, 201]);
        Assert.Equal(Grey, picture[390, 202]);
        Assert.Equal(Grey, picture[250, 400]);
    }

    [Fact]
    public void ABoxIsScaledWithThePicture()
    {
        var picture = Paint(scaleX: 0.5, scaleY: 0.25, Dog(200, 1600, 400, 800));
        Assert.Equal(Light, picture[100, 500]);
        Assert.Equal(Light, picture[300, 500]);
        Assert.Equal(Light, picture[280, 400]);
        Assert.Equal(Light, picture[200, 600]);
    }

    [Fact]
    public void ABoxAsLargeAsThePictureKeepsItsWholeLine()
    {
        var picture = Paint(Dog(0, 0, Width, Height));
        (int, int, int)[] inwards = [Dark, Light, Light, Dark, Grey];
        for (var i = 0; i < inwards.Length; i++)
        {
            Assert.Equal(inwards[i], picture[i, 500]);
            Assert.Equal(inwards[i], picture[Width - 1 - i, 500]);
            Assert.Equal(inwards[i], picture[800, i]);
            Assert.Equal(inwards[i], picture[800, Height - 1 - i]);
        }
    }

    [Fact]
    public void TheLabelStandsOnADarkPlateAboveTheBox()
    {
        var picture = Paint(Dog(100, 200, 300, 400));
        var letters = picture.CountLetters(98, 160, 398, 198);
        Assert.InRange(letters, 200, 2000);
        Assert.True(picture.CountDark(98, 160, 398, 198) > letters);
        Assert.Equal(0, picture.CountDark(0, 0, Width, 160));
    }

    [Fact]
    public void AnotherLabelOrScoreIsAnotherText()
    {
        var pictures = new[] { ("dog", 0.97), ("cat", 0.97), ("dog", 0.51) }
            .Select(label => Letters(Dog(100, 200, 300, 400, label.Item1, label.Item2))).ToList();
        Assert.Equal(3, pictures.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(960, 0)]
    [InlineData(960, 770)]
    [InlineData(0, 770)]
    [InlineData(400, 5)]
    public void ALabelStaysWithinThePicture(int x, int y)
    {
        var whole = Paint(Dog(500, 400, 40, 30)).CountLetters(0, 0, Width, Height);
        Assert.InRange(Paint(Dog(x, y, 40, 30)).CountLetters(0, 0, Width, Height), whole - 3, whole + 3);
    }

    [Fact]
    public void NoLabelStandsOnAnother()
    {
        Found[] crowd = [.. Enumerable.Range(0, 8).Select(i => Dog(100 + 3 * i, 200 + 2 * i, 300, 400, "dog", 0.97 - i / 100.0))];
        var apart = crowd.Sum(one => Paint(one).CountLetters(0, 0, Width, Height));
        Assert.InRange(Paint(crowd).CountLetters(0, 0, Width, Height), apart - 8, apart + 8);
        Assert.Equal(Letters(crowd[0]), Letters(crowd)); // the most confident has the first choice
    }

    [Fact]
    public void TheHundredMostConfidentBoxesAreDrawn()
    {
        var boxes = Enumerable.Range(0, DetectionPainter.MaxBoxes).Select(_ => Dog(10, 50, 20, 20)).ToList();
        boxes[^1] = Dog(500, 500, 20, 20);
        boxes.Add(Dog(700, 500, 20, 20));
        var picture = Paint([.. boxes]);
        Assert.Equal(Light, picture[500, 510]);
        Assert.Equal(Grey, picture[700, 510]);
    }

    [Theory]
    [InlineData("<span foreground='red'>&amp; \0\n")]
    [InlineData("собака σκύλος hund")]
    [InlineData("\ud800")]
    [InlineData("")]
    [InlineData("a label that is much longer than any label should ever be, and goes on, and on")]
    public void AnyLabelIsDrawnAsItIs(string label) =>
        Assert.InRange(Paint(Dog(100, 200, 300, 400, label)).CountLetters(0, 150, Width, 198), 100, 20_000);

    [Theory]
    [InlineData(-500, -500, 100, 100)]
    [InlineData(2000, 2000, 1e12, 1e12)]
    [InlineData(10, 10, 0, 0)]
    [InlineData(-1e300, -1e300, 1e308, 1e308)]
    public void ABoxThatMakesNoSenseDoesNoHarm(double x, double y, double width, double height) =>
        Assert.Equal(Light, Paint(Dog(500, 400, 40, 30), Dog(x, y, width, height))[540, 415]);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 40)]
    [InlineData(24, 24)]
    public void APictureWithoutRoomForALabelGetsTheFrameAlone(int width, int height)
    {
        var picture = Paint(width, height, 1, 1, Dog(0, 0, width, height));
        Assert.Equal((width, height), (picture.Width, picture.Height));
        Assert.NotEqual(Grey, picture[0, 0]);
    }

    private static string Letters(params Found[] found)
    {
        var picture = Paint(found);
        return string.Concat(Enumerable.Range(160, 38).SelectMany(y => Enumerable.Range(98, 300).Select(x => picture.IsLetter(x, y) ? '#' : ' ')));
    }

    private static Found Dog(double x, double y, double width, double height, string label = "dog", double confidence = 0.97) =>
        new(label, confidence, new(x, y, width, height));

    private static Drawn Paint(params Found[] found) => Paint(1, 1, found);

    private static Drawn Paint(double scaleX, double scaleY, params Found[] found) => Paint(Width, Height, scaleX, scaleY, found);

    private static Drawn Paint(int width, int height, double scaleX, double scaleY, params Found[] found)
    {
        using var picture = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        picture.Erase(new SKColor(128, 128, 128));
        DetectionPainter.Draw(picture, found, scaleX, scaleY);
        return new(picture);
    }
}
