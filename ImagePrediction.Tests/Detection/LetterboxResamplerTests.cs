using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class LetterboxResamplerTests
{
    [Theory]
    [InlineData(500, 400, 256)]
    [InlineData(333, 500, 256)]
    [InlineData(64, 64, 256)]
    [InlineData(7, 3, 256)]
    [InlineData(1, 1, 64)]
    [InlineData(640, 480, 640)]
    [InlineData(1023, 77, 320)]
    [InlineData(2, 900, 256)]
    public void EqualsASlowWordForWordReferenceExactly(int width, int height, int size)
    {
        var rgb = TestPictures.Noise(width, height, seed: width);
        foreach (var shape in new[] { new InputShape(1, null, null, size, 32), new InputShape(1, size, size, size, 32) })
        {
            var box = Letterbox.Fit(width, height, shape);
            var actual = new float[3 * box.InputWidth * box.InputHeight];
            new LetterboxResampler().Resample(TestPictures.Rgba(rgb), width, height, 1, box, actual);
            Assert.Equal(NaiveReference.Letterbox(rgb, box), actual);
        }
    }

    [Fact]
    public void OneInstanceServesPicturesOfAllSizesInTurn()
    {
        var resampler = new LetterboxResampler();
        var buffer = new float[3 * 256 * 256];
        foreach (var (width, height) in new[] { (300, 200), (20, 500), (300, 200), (8, 8) })
        {
            Array.Fill(buffer, float.NaN);
            var rgb = TestPictures.Noise(width, height, seed: 3);
            var box = Letterbox.Fit(width, height, TestPictures.Dynamic256);
            resampler.Resample(TestPictures.Rgba(rgb), width, height, 1, box, buffer);
            Assert.Equal(NaiveReference.Letterbox(rgb, box), buffer[..(3 * box.InputWidth * box.InputHeight)]);
        }
    }

    [Fact]
    public void DoublingARowMixesNeighboursThreeToOne()
    {
        // By hand: centres fall a quarter before and behind each source pixel: 0, ¾·0+¼·200, ¼·0+¾·200, 200.
        byte[] rgb = [0, 0, 0, 200, 200, 200];
        var box = new Letterbox(2, 1, 4, 1, 4, 1, 0, 0);
        var chw = new float[12];
        new LetterboxResampler().Resample(TestPictures.Rgba(rgb), 2, 1, 1, box, chw);
        Assert.Equal([0, 50 / 255f, 150 / 255f, 200 / 255f], chw[..4]);
        Assert.Equal(chw[..4], chw[4..8]);
        Assert.Equal(chw[..4], chw[8..]);
    }

    [Fact]
    public void PaddingIsGrey114AndChannelsStayInOrder()
    {
        byte[] rgb = [255, 102, 51];
        var box = new Letterbox(1, 1, 4, 3, 2, 1, 1, 1);
        var chw = new float[36];
        new LetterboxResampler().Resample(TestPictures.Rgba(rgb), 1, 1, 1, box, chw);
        const float p = 114 / 255f;
        Assert.Equal([p, p, p, p, p, 1, 1, p, p, p, p, p], chw[..12]);
        Assert.Equal([p, p, p, p, p, 0.4f, 0.4f, p, p, p, p, p], chw[12..24]);
        Assert.Equal([p, p, p, p, p, 0.2f, 0.2f, p, p, p, p, p], chw[24..]);
    }

    [Fact]
    public void AShrunkenPictureLandsWhereTheOriginalWould()
    {
        const int width = 1200, height = 808;
        var rgb = TestPictures.Ramp(width, height);
        var box = Letterbox.Fit(width, height, TestPictures.Dynamic256);
        var full = new float[3 * box.InputWidth * box.InputHeight];
        var shrunk = new float[full.Length];
        new LetterboxResampler().Resample(TestPictures.Rgba(rgb), width, height, 1, box, full);
        using var image = TestPictures.ToImage(rgb, width, height).Shrink(4, 4);
        new LetterboxResampler().Resample(TestPictures.Rgba(image.WriteToMemory<byte>()), image.Width, image.Height, 4, box, shrunk);
        Assert.All(full.Zip(shrunk), pair => Assert.Equal(pair.First, pair.Second, 2.5f / 255));
    }

    [Fact]
    public void TooFewPixelsAreRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new LetterboxResampler().Resample(new byte[15], 2, 2, 1, Letterbox.Fit(2, 2, TestPictures.Dynamic256), new float[3 * 256 * 256]));
}
