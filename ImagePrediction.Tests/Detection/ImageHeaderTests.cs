using ImagePrediction.Images;
using NetVips;

namespace ImagePrediction.Tests.Detection;

public sealed class ImageHeaderTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Theory]
    [InlineData(".jpg")]
    [InlineData(".png")]
    [InlineData(".webp")]
    [InlineData(".gif")]
    [InlineData(".tif")]
    [InlineData(".avif")]
    public void SizeIsReadFromTheHeaderAlone(string suffix)
    {
        var encoded = TestPictures.Encode(TestPictures.Ramp(300, 200), 300, 200, suffix);
        Assert.Equal(new ImageHeader(300, 200), Read(encoded));
    }

    [Fact]
    public void SizeIsThatOfTheUprightPicture()
    {
        using var image = TestPictures.ToImage(TestPictures.Ramp(300, 200), 300, 200).Mutate(m => m.Set(GValue.GIntType, "orientation", 6));
        Assert.Equal(new ImageHeader(200, 300), Read(image.WriteToBuffer(".jpg")));
    }

    [Fact]
    public void AHugeClaimIsReportedNotDecoded() =>
        Assert.Equal(3_600_000_000, Read(ImageDecoderTests.HugePng()).Pixels);

    [Fact]
    public void PixelsCutOffBehindTheHeaderAreNotItsConcern()
    {
        var encoded = TestPictures.Encode(TestPictures.Noise(300, 200, 1), 300, 200, ".jpg");
        Assert.Equal(new ImageHeader(300, 200), Read(encoded[..(encoded.Length / 2)]));
    }

    [Theory]
    [InlineData(".jpg")]
    [InlineData(".png")]
    [InlineData(".webp")]
    [InlineData(".gif")]
    [InlineData(".tif")]
    [InlineData(".avif")]
    public void ABrokenHeaderIsATypedFault(string suffix)
    {
        var encoded = TestPictures.Encode(TestPictures.Ramp(64, 64), 64, 64, suffix);
        var fault = Assert.Throws<ImageFaultException>(() => Read(encoded[..16], ImageFormat.Sniff(encoded)!));
        Assert.Equal(ErrorCodes.ImageCorrupt, fault.Code);
    }

    [Fact]
    public void AMissingFileIsNoFaultOfTheImage() =>
        Assert.Throws<FileNotFoundException>(() => ImageHeader.Read(file + ".gone", ImageFormat.Jpeg));

    private ImageHeader Read(byte[] bytes, ImageFormat? format = null)
    {
        File.WriteAllBytes(file, bytes);
        return ImageHeader.Read(file, format ?? ImageFormat.Sniff(bytes)!);
    }
}
