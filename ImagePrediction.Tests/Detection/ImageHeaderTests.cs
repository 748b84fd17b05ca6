using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Contract.Hostile;
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
        Assert.Equal(new ImageHeader(300, 200), Read(encoded) with { BytesHeld = 0 });
    }

    [Theory]
    [InlineData(".jpg", 0)]
    [InlineData(".jpg[interlace]", 4)]
    [InlineData(".jpg[interlace,subsample_mode=on]", 4)]
    [InlineData(".jpg[interlace,subsample_mode=off]", 6)]
    [InlineData(".png", 4)]
    [InlineData(".png[interlace]", 7)]
    [InlineData(".png[interlace,bitdepth=16]", 10)]
    [InlineData(".webp", 5)]
    [InlineData(".tif", 0)]
    [InlineData(".gif", 6)]
    [InlineData(".avif", 18)]
    [InlineData(".avif[bitdepth=10]", 25)]
    public void WhatADecoderWillHoldIsTold(string suffix, int bytes)
    {
        var encoded = TestPictures.Encode(TestPictures.Ramp(300, 200), 300, 200, suffix);
        Assert.Equal(bytes, Read(encoded).BytesHeld);
    }

    [Fact]
    public void SizeIsThatOfTheUprightPicture()
    {
        using var image = TestPictures.ToImage(TestPictures.Ramp(300, 200), 300, 200).Mutate(m => m.Set(GValue.GIntType, "orientation", 6));
        Assert.Equal(new ImageHeader(200, 300, Turn: 6), Read(image.WriteToBuffer(".jpg")));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public void JpegOrientationIsReadInBothByteOrdersAndBehindLongSegments(int orientation, bool little)
    {
        var jpeg = TestPictures.Encode(TestPictures.Ramp(300, 200), 300, 200, ".jpg[keep=none]");
        byte[] tiff = little
            ? [.. "II*\0"u8, 8, 0, 0, 0, 2, 0, 0, 1, 3, 0, 1, 0, 0, 0, 44, 1, 0, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 2, 1, 0, 0, 3, 0, 0, 0, 1, 1, 44, 0, 0, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        foreach (var comment in new[] { 0, 4000, 4076, 4080, 60_000 })
        {
            byte[] exif = [.. "Exif\0\0"u8, .. tiff];
            byte[] bytes = [0xFF, 0xD8, .. Segment(0xFE, new byte[comment]), .. Segment(0xE1, exif), .. Segment(0xFE, new byte[comment]), .. jpeg[2..]];
            var (width, height, _) = TestPictures.Decode(bytes);
            Assert.Equal(new ImageHeader(width, height, orientation <= 8 ? orientation : 1), Read(bytes));
            Assert.Equal(orientation is >= 5 and <= 8, width < height);
        }
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

    [Fact]
    public void ATiffsTilesAreHeldWholeAndTwoRowsOfThemAtOnce()
    {
        var tile = Parts.ZlibZeros(4_000L * 4_000);
        var header = Read(Parts.Tiff(tile, Parts.TiledTiffEntries(3_990, 3_990, tileSide: 4_000, (uint)tile.Length, compression: 8)));
        Assert.InRange(header.DecoderBytes, 2 * 4_000L * 4_000, 2 * 4_000L * 4_000 + header.Pixels);
    }

    private static byte[] Segment(byte marker, byte[] content) =>
        [0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];

    private ImageHeader Read(byte[] bytes, ImageFormat? format = null)
    {
        File.WriteAllBytes(file, bytes);
        return ImageHeader.Read(file, format ?? ImageFormat.Sniff(bytes)!);
    }
}
