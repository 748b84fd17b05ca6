using System.Buffers.Binary;
using System.IO.Hashing;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Contract.Hostile;
using ImagePrediction.Worker.Yolo;
using NetVips;

namespace ImagePrediction.Tests.Detection;

public sealed class ImageDecoderTests
{
    private const int Width = 96, Height = 64;
    private static readonly byte[] Ramp = TestPictures.Ramp(Width, Height);

    [Theory]
    [InlineData(".png", 0)]
    [InlineData(".png[interlace]", 0)]
    [InlineData(".tif", 0)]
    [InlineData(".tif[compression=lzw,predictor=horizontal]", 0)]
    [InlineData(".tif[tile,pyramid]", 0)]
    [InlineData(".webp[lossless]", 0)]
    [InlineData(".jpg[Q=95,subsample-mode=off]", 2)]
    [InlineData(".jpg[Q=95,interlace]", 2)]
    [InlineData(".webp[Q=95]", 4)]
    [InlineData(".avif[Q=95]", 3)]
    [InlineData(".gif[dither=0]", 8)]
    public void EveryAcceptedFormatDecodesToTheSamePicture(string suffix, double tolerance)
    {
        var (width, height, rgb) = TestPictures.Decode(TestPictures.Encode(Ramp, Width, Height, suffix));
        Assert.Equal((Width, Height), (width, height));
        Assert.InRange(TestPictures.MeanDifference(Ramp, rgb), 0, tolerance);
    }

    [Theory]
    [InlineData(1203, 905)]
    [InlineData(65_001, 12)]
    public void ALargePictureIsTheSameToThePixel(int width, int height)
    {
        var noise = TestPictures.Noise(width, height, 8);
        Assert.Equal(noise, TestPictures.Decode(TestPictures.Encode(noise, width, height, ".png[compression=1]")).Rgb);
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
    public void PicturesAreTurnedUpright(int orientation)
    {
        using var image = TestPictures.ToImage(Ramp, Width, Height).Mutate(m => m.Set(GValue.GIntType, "orientation", orientation));
        var (width, height, rgb) = TestPictures.Decode(image.WriteToBuffer(".jpg[Q=100,subsample-mode=off]"));
        var turned = orientation >= 5;
        Assert.Equal(turned ? (Height, Width) : (Width, Height), (width, height));
        var expected = new byte[Ramp.Length];
        for (var i = 0; i < Width * Height; i++)
        {
            // Where EXIF 2.32 says that a stored row and column are shown.
            var (x, y) = (i % Width, i / Width);
            var (ux, uy) = orientation switch
            {
                1 => (x, y),
                2 => (Width - 1 - x, y),
                3 => (Width - 1 - x, Height - 1 - y),
                4 => (x, Height - 1 - y),
                5 => (y, x),
                6 => (Height - 1 - y, x),
                7 => (Height - 1 - y, Width - 1 - x),
                _ => (y, Width - 1 - x),
            };
            Ramp.AsSpan(3 * i, 3).CopyTo(expected.AsSpan(3 * (uy * width + ux)));
        }
        Assert.InRange(TestPictures.MeanDifference(expected, rgb), 0, 1.5);
    }

    [Fact]
    public void GreyCmykDeepPaletteAndProfiledPicturesBecomeEightBitRgb()
    {
        using var srgb = TestPictures.ToImage(Ramp, Width, Height);
        using var grey = srgb.Colourspace(Enums.Interpretation.Bw);
        var encodings = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["grey"] = grey.WriteToBuffer(".jpg"),
            ["grey with alpha"] = grey.Bandjoin(255).WriteToBuffer(".png"),
            ["16 bit"] = srgb.Colourspace(Enums.Interpretation.Rgb16).WriteToBuffer(".png"),
            ["grey, 16 bit"] = srgb.Colourspace(Enums.Interpretation.Grey16).WriteToBuffer(".tif"),
            ["CMYK"] = srgb.Colourspace(Enums.Interpretation.Cmyk).WriteToBuffer(".jpg[Q=95]"),
            ["Lab"] = srgb.Colourspace(Enums.Interpretation.Lab).WriteToBuffer(".tif"),
            ["palette"] = srgb.WriteToBuffer(".png[palette]"),
            ["Display P3"] = srgb.IccTransform("p3", inputProfile: "srgb").WriteToBuffer(".jpg[Q=95,keep=icc]"),
            ["1 bit"] = (grey > 100).WriteToBuffer(".tif[bitdepth=1]"),
        };
        foreach (var (name, encoded) in encodings)
        {
            var (width, height, rgb) = TestPictures.Decode(encoded);
            Assert.Equal((name, Width, Height, Ramp.Length), (name, width, height, rgb.Length));
            if (name is "16 bit" or "CMYK" or "Lab" or "palette" or "Display P3")
                Assert.True(TestPictures.MeanDifference(Ramp, rgb) < 8, name);
        }
    }

    [Fact]
    public void TransparentPixelsAreWhite()
    {
        using var clear = TestPictures.ToImage(Ramp, Width, Height).Bandjoin(0);
        foreach (var suffix in new[] { ".png", ".webp[lossless]", ".tif" })
            Assert.All(TestPictures.Decode(clear.WriteToBuffer(suffix)).Rgb, v => Assert.Equal(255, v));
    }

    [Fact]
    public void OfAnAnimationTheFirstFrameIsTaken()
    {
        using var black = Image.Black(Width, Height, bands: 3).Copy(interpretation: Enums.Interpretation.Srgb);
        using var frames = Image.Arrayjoin([TestPictures.ToImage(Ramp, Width, Height), black], across: 1)
            .Mutate(m => m.Set(GValue.GIntType, "page-height", Height));
        foreach (var suffix in new[] { ".gif[dither=0]", ".webp[lossless]" })
        {
            var (width, height, rgb) = TestPictures.Decode(frames.WriteToBuffer(suffix));
            Assert.Equal((Width, Height), (width, height));
            Assert.InRange(TestPictures.MeanDifference(Ramp, rgb), 0, 8);
        }
    }

    [Theory]
    [InlineData(".jpg")]
    [InlineData(".jpg[interlace]")]
    [InlineData(".png")]
    [InlineData(".webp")]
    [InlineData(".gif")]
    [InlineData(".tif")]
    [InlineData(".avif")]
    public void APictureCutOffAnywhereIsCorrupt(string suffix)
    {
        var encoded = TestPictures.Encode(TestPictures.Noise(300, 200, 5), 300, 200, suffix);
        foreach (var share in new[] { 0.05, 0.3, 0.6, 0.9, 0.98 })
        {
            foreach (var minRemaining in new[] { 0.25, double.PositiveInfinity }) // shrunk while decoding, and not
                AssertCorrupt(encoded[..(int)(encoded.Length * share)], $"{suffix} at {share}", minRemaining);
        }
    }

    [Fact]
    public void ADamagedPngIsCorrupt()
    {
        var encoded = TestPictures.Encode(TestPictures.Noise(200, 200, 6), 200, 200, ".png");
        encoded.AsSpan(encoded.Length / 2, 400).Fill(0x55);
        AssertCorrupt(encoded, "png");
    }

    [Fact]
    public void AJpegOfMoreScansThanAnyProgramMakesIsCorrupt()
    {
        Assert.Equal(1000, TestPictures.Decode(Parts.JpegOfScans(1000, 800, 90)).Width);
        AssertCorrupt(Parts.JpegOfScans(1000, 800, 110), "110 scans");
    }

    [Fact]
    public void ScansBehindTheEndOrWithinASegmentDoNotCount()
    {
        byte[] scans = [.. Enumerable.Repeat((byte[])[0xFF, 0xDA, 0, 2], 150).SelectMany(scan => scan)];
        var jpeg = TestPictures.Encode(Ramp, Width, Height, ".jpg[Q=95,subsample-mode=off,interlace]");
        byte[] comment = [0xFF, 0xFE, (byte)((scans.Length + 2) >> 8), (byte)(scans.Length + 2), .. scans];
        Assert.InRange(TestPictures.MeanDifference(Ramp, TestPictures.Decode([.. jpeg[..2], .. comment, .. jpeg[2..], .. scans]).Rgb), 0, 2);
    }

    [Fact]
    public void AJpegWithBytesAfterItsEndIsFine()
    {
        var encoded = TestPictures.Encode(Ramp, Width, Height, ".jpg[Q=95,subsample-mode=off]");
        Assert.InRange(TestPictures.MeanDifference(Ramp, TestPictures.Decode([.. encoded, .. new byte[1000]]).Rgb), 0, 2);
    }

    [Fact]
    public void RandomBytesBehindAnyMagicNeverDoHarm()
    {
        foreach (var suffix in new[] { ".jpg", ".png", ".webp", ".gif", ".tif", ".avif" })
        {
            var head = TestPictures.Encode(Ramp, Width, Height, suffix);
            for (var seed = 0; seed < 40; seed++)
            {
                var bytes = TestPictures.Noise(20, 20, seed);
                head.AsSpan(0, seed % 2 == 0 ? 16 : Math.Min(head.Length / 2, 1000)).CopyTo(bytes);
                try
                {
                    TestPictures.Decode(bytes);
                }
                catch (ImageFaultException e)
                {
                    Assert.Contains(e.Code, new[] { ErrorCodes.ImageCorrupt, ErrorCodes.ImageTooLarge });
                }
            }
        }
        AssertCorrupt(TestPictures.Noise(50, 50, 9).Prepend((byte)0x7F).ToArray(), "noise");
        AssertCorrupt([], "nothing");
    }

    [Fact]
    public void ManyThreadsMayDecodeAtOnce()
    {
        var files = new[] { ".jpg", ".png", ".webp", ".gif", ".tif", ".jpg[keep=icc]" }.Select(suffix =>
        {
            using var picture = TestPictures.ToImage(Ramp, Width, Height).IccTransform(suffix.Contains("icc", StringComparison.Ordinal) ? "p3" : "srgb", inputProfile: "srgb");
            return picture.WriteToBuffer(suffix);
        }).ToList();
        var alone = files.ConvertAll(file => TestPictures.Decode(file).Rgb);
        Parallel.For(0, 40_000, new() { MaxDegreeOfParallelism = 8 }, i =>
        {
            var file = files[i % files.Count];
            Assert.Equal(Width, ImageHeader.Read(file, ImageFormat.Sniff(file)!).Width);
            if (i % 100 < files.Count)
                Assert.Equal(alone[i % files.Count], TestPictures.Decode(file).Rgb);
        });
    }

    [Fact]
    public void TenThousandDamagedPicturesAreDecodedOrRefusedAndDoNoHarm()
    {
        string[] suffixes = [".jpg", ".jpg[interlace]", ".png", ".png[interlace]", ".webp", ".webp[lossless]", ".gif", ".tif", ".tif[tile,compression=lzw]", ".avif[effort=0]"];
        var refused = 0;
        foreach (var suffix in suffixes)
        {
            var picture = TestPictures.Encode(TestPictures.Noise(48, 32, 7), 48, 32, suffix);
            for (var seed = 0; seed < 1000; seed++)
            {
                var random = new Random(seed);
                var bytes = (byte[])picture.Clone();
                var reach = seed % 2 == 0 ? Math.Min(200, bytes.Length) : bytes.Length; // headers half of the time
                for (var i = 0; i <= seed % 20; i++)
                    bytes[random.Next(4, reach)] = (byte)random.Next(256);
                try
                {
                    TestPictures.Decode(bytes, maxPixels: 1_000_000);
                }
                catch (ImageFaultException)
                {
                    refused++;
                }
            }
        }
        Assert.InRange(refused, 2000, 9500); // or they were not damaged, or all was refused
    }

    [Fact]
    public void APngThatClaimsSixtyThousandSquaredIsRefusedFromItsHeader()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fault = Assert.Throws<ImageFaultException>(() => TestPictures.Decode(HugePng()));
        Assert.Equal(ErrorCodes.ImageTooLarge, fault.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void RefusedFormatsAreNamed()
    {
        var fault = Assert.Throws<ImageFaultException>(() => TestPictures.Decode([.. "%PDF-1.7"u8]));
        Assert.Contains("PDF", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".jpg[Q=95]", 1200, 900)]
    [InlineData(".png", 1200, 900)]
    [InlineData(".webp[Q=95]", 1200, 900)]
    [InlineData(".tif", 1200, 900)]
    [InlineData(".jpg[Q=95]", 1201, 1803)]
    [InlineData(".png", 5003, 1001)]
    public void ShrinkingWhileDecodingShowsTheSamePicture(string suffix, int width, int height)
    {
        var encoded = TestPictures.Encode(TestPictures.Ramp(width, height), width, height, suffix);
        var (w, h, rgb) = TestPictures.Decode(encoded, minRemaining: 1);
        Assert.InRange(w, width / Letterbox.MaxShrink, width / 2);
        Assert.InRange(TestPictures.MeanDifference(TestPictures.Ramp(w, h), rgb), 0, 3);
    }

    /// <summary>A PNG of 60,000 × 60,000 pixels by its header, with next to nothing behind it.</summary>
    internal static byte[] HugePng()
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, 60_000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 60_000);
        (header[8], header[9]) = (8, 2);
        return [0x89, .. "PNG"u8, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR"u8, header),
            .. Chunk("IDAT"u8, [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1]), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. type, .. data];
        var (length, crc) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32.HashToUInt32(body));
        return [.. length, .. body, .. crc];
    }

    private static void AssertCorrupt(byte[] bytes, string what, double minRemaining = double.PositiveInfinity)
    {
        try
        {
            TestPictures.Decode(bytes, minRemaining);
        }
        catch (ImageFaultException e)
        {
            Assert.Equal((what, ErrorCodes.ImageCorrupt), (what, e.Code));
            return;
        }
        Assert.Fail($"{what} was accepted.");
    }
}
