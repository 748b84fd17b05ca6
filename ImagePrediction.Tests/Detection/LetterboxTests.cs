using ImagePrediction.Predictions;
using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class LetterboxTests
{
    private static readonly InputShape Fixed640 = new(1, 640, 640, 640, 32);

    [Theory]
    // Worked by hand: 500 × 375 scales by 0.512 to 256 × 192, which is a multiple of 32 already.
    [InlineData(500, 375, 256, 192, 256, 192, 0, 0)]
    // 500 × 333 scales to 256 × 170.496 → 170; padded to 192 by 11 above and 11 below.
    [InlineData(500, 333, 256, 192, 256, 170, 0, 11)]
    // 333 × 500 is the same on its side.
    [InlineData(333, 500, 192, 256, 170, 256, 11, 0)]
    // 100 × 75 is enlarged like YOLOv5 enlarges it.
    [InlineData(100, 75, 256, 192, 256, 192, 0, 0)]
    // 101 × 50 scales by 2.5347 to 256 × 126.7 → 127; an odd pad of 1: none above, one below.
    [InlineData(101, 50, 256, 128, 256, 127, 0, 0)]
    public void DynamicInputIsPaddedOnlyToTheStride(
        int width, int height, int inputWidth, int inputHeight, int scaledWidth, int scaledHeight, int left, int top) =>
        Assert.Equal(new Letterbox(width, height, inputWidth, inputHeight, scaledWidth, scaledHeight, left, top),
            Letterbox.Fit(width, height, TestPictures.Dynamic256));

    [Fact]
    public void FixedInputIsFilledUpAndThePictureCentred() =>
        Assert.Equal(new Letterbox(500, 400, 640, 640, 640, 512, 0, 64), Letterbox.Fit(500, 400, Fixed640));

    [Fact]
    public void FixedInputThatIsNoSquareBoundsEachSideByItsOwn() =>
        Assert.Equal(new Letterbox(1000, 1000, 640, 320, 320, 320, 160, 0), Letterbox.Fit(1000, 1000, new(1, 320, 640, 640, 32)));

    [Theory]
    [InlineData(10_000, 1)]
    [InlineData(1, 10_000)]
    [InlineData(1, 1)]
    public void ExtremeShapesKeepAtLeastOnePixel(int width, int height)
    {
        var box = Letterbox.Fit(width, height, TestPictures.Dynamic256);
        Assert.True(box.ScaledWidth >= 1 && box.ScaledHeight >= 1);
        Assert.True(box.InputWidth <= 256 && box.InputHeight <= 256);
    }

    [Fact]
    public void InverseUndoesForwardForAnyPicture()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var (width, height) = (random.Next(1, 9000), random.Next(1, 9000));
            var box = Letterbox.Fit(width, height, i % 2 == 0 ? Fixed640 : TestPictures.Dynamic256);
            var (x, y) = (random.NextDouble() * width, random.NextDouble() * height);
            var there = box.Forward(x, y);
            var back = box.Inverse(there.X, there.Y);
            Assert.Equal(x, back.X, 1e-6);
            Assert.Equal(y, back.Y, 1e-6);
        }
    }

    [Fact]
    public void EveryInputFitsItsModel()
    {
        var random = new Random(2);
        for (var i = 0; i < 1000; i++)
        {
            var box = Letterbox.Fit(random.Next(1, 9000), random.Next(1, 9000), TestPictures.Dynamic256);
            Assert.Equal((0, 0), (box.InputWidth % 32, box.InputHeight % 32));
            Assert.Equal(256, Math.Max(box.ScaledWidth, box.ScaledHeight));
            Assert.InRange(box.InputWidth - box.ScaledWidth - 2 * box.Left, 0, 1);
            Assert.InRange(box.InputHeight - box.ScaledHeight - 2 * box.Top, 0, 1);
        }
    }

    [Fact]
    public void BoxesComeBackInOriginalPixelsAndClipped()
    {
        var box = Letterbox.Fit(500, 400, Fixed640); // scale 1.28, 64 rows of padding
        Assert.Equal(new Box(100, 50, 200, 100), box.ToOriginal(128, 128, 384, 256));
        Assert.Equal(new Box(0, 0, 500, 400), box.ToOriginal(-20, 0, 700, 640));
        Assert.Equal(new Box(0, 0, 10, 0), box.ToOriginal(0, 10, 12.8f, 60));
    }
}
