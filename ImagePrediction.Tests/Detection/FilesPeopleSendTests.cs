using System.Buffers.Binary;
using ImagePrediction.Api.Submit;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Contract.Hostile;
using ImagePrediction.Worker.Yolo;
using NetVips;
using SkiaSharp;
using static ImagePrediction.Tests.Contract.Hostile.Parts;

namespace ImagePrediction.Tests.Detection;

/// <summary>Files that are in order and unusual: each is judged by the picture that a person would see, or refused by name.</summary>
public sealed class FilesPeopleSendTests
{
    private const int Width = 96, Height = 64;
    private static readonly byte[] Ramp = TestPictures.Ramp(Width, Height);

    [Fact]
    public void AProfileIsKnownByWhatItHoldsWhateverItsName()
    {
        using var srgb = TestPictures.ToImage(Ramp, Width, Height);
        var plain = srgb.IccTransform("p3", inputProfile: "srgb").WriteToBuffer(".jpg[Q=97,subsample-mode=off,keep=icc]");
        var (named, places) = Replaced(plain, "sP3C"u8.ToArray(), "sRGB"u8.ToArray());
        var (namedInWords, placesInWords) = Replaced(named, "s\0P\03\0C"u8.ToArray(), "s\0R\0G\0B"u8.ToArray());
        Assert.True(places + placesInWords > 0, "The profile's name is not where it was.");

        var picture = TestPictures.Decode(namedInWords).Rgb;
        Assert.Equal(TestPictures.Decode(plain).Rgb, picture);
        Assert.InRange(TestPictures.MeanDifference(Ramp, picture), 0, 2);
    }

    [Fact]
    public void AProfileOfNoSenseIsPassedOver()
    {
        using var srgb = TestPictures.ToImage(Ramp, Width, Height);
        foreach (var suffix in new[] { ".jpg[Q=97,subsample-mode=off,keep=icc]", ".png[keep=icc]", ".tif[keep=icc]" })
        {
            using var profiled = srgb.Mutate(m => m.Set(GValue.BlobType, "icc-profile-data", "this is no profile"u8.ToArray()));
            Assert.InRange(TestPictures.MeanDifference(Ramp, TestPictures.Decode(profiled.WriteToBuffer(suffix)).Rgb), 0, 2);
        }
    }

    [Theory]
    [InlineData(Enums.BandFormat.Float, "float samples of 32 bits")]
    [InlineData(Enums.BandFormat.Double, "float samples of 64 bits")]
    [InlineData(Enums.BandFormat.Uint, "samples of 32 bits")]
    [InlineData(Enums.BandFormat.Short, "signed samples of 16 bits")]
    public void ATiffWithSamplesThatCannotBeShownIsRefusedByTheirType(Enums.BandFormat format, string name)
    {
        using var black = Image.Black(Width, Height);
        var tiff = (black + 0.5).Cast(format).WriteToBuffer(".tif");
        AssertUnsupported(tiff, name);
    }

    [Fact]
    public void ACameraFileInTiffsClothesIsRefusedByName()
    {
        var pixels = new byte[Width * Height];
        AssertUnsupported(Tiff(pixels, [.. TiffEntries(Width, Height, (uint)pixels.Length), (50706, 1, 4, 0x0401)]), "DNG");
        AssertUnsupported(Tiffs([(0, 16, 12, 40, 1)], [(0, Width, Height, 90, 32803)], big: false), "camera raw");
        AssertUnsupported(Tiffs([(1, 16, 12, 40, 1)], [(0, Width, Height, 90, 34892)], big: true), "camera raw");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OfATiffWithAThumbnailFirstTheFullPictureCounts(bool big)
    {
        foreach (var tiff in new[]
        {
            Tiffs([(1, 16, 12, 40, 1), (0, Width, Height, 90, 1)], [], big),
            Tiffs([(1, 16, 12, 40, 1)], [(0, Width, Height, 90, 1)], big),
        })
        {
            var (width, height, rgb) = TestPictures.Decode(tiff);
            Assert.Equal((Width, Height), (width, height));
            Assert.All(rgb, sample => Assert.Equal(90, sample));
        }
    }

    [Theory]
    [InlineData(1)] // BYTE
    [InlineData(3)] // SHORT
    [InlineData(4)] // LONG
    public void TheOrientationMayBeAnyIntegerInBothByteOrdersOfEveryFormat(byte type)
    {
        foreach (var little in new[] { true, false })
        {
            var exif = ExifOf(orientation: 6, type, little);
            var jpeg = TestPictures.Encode(Ramp, Width, Height, ".jpg[keep=none]");
            var png = TestPictures.Encode(Ramp, Width, Height, ".png[keep=none]");
            var webp = TestPictures.Encode(Ramp, Width, Height, ".webp[lossless,keep=none]");
            byte[] inJpeg = [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 8), .. "Exif\0\0"u8, .. exif, .. jpeg[2..]];
            byte[] inPng = [.. png[..33], .. Chunk("eXIf", exif), .. png[33..]];
            byte[] inWebP = WebPOf(Width, Height, flags: 0x08, [.. webp[12..], .. "EXIF"u8, .. Little((uint)exif.Length), .. exif]);
            foreach (var file in new[] { inJpeg, inPng, inWebP })
            {
                var format = ImageFormat.Sniff(file)!;
                var header = ImageHeader.Read(file, format);
                var (width, height, rgb) = TestPictures.Decode(file);
                Assert.Equal((format.Name, Height, Width, Height, Width), (format.Name, header.Width, header.Height, width, height));
                // Turned to the right: what was at the lower left is at the upper left.
                Assert.Equal(Ramp[3 * Width * (Height - 1) + 1], rgb[1], 6.0);
                Assert.Equal(Ramp[0], rgb[0], 6.0);
            }
        }
    }

    [Theory]
    [InlineData(".jpg[Q=95,subsample-mode=off]")]
    [InlineData(".jpg[Q=95,subsample-mode=off,interlace]")]
    public void AJpegThatLacksOnlyItsEndMarkerIsShown(string suffix)
    {
        var jpeg = TestPictures.Encode(Ramp, Width, Height, suffix);
        Assert.InRange(TestPictures.MeanDifference(Ramp, TestPictures.Decode(jpeg[..^2]).Rgb), 0, 2);
        var large = TestPictures.Encode(TestPictures.Ramp(2000, 1500), 2000, 1500, suffix);
        Assert.Equal(1000, TestPictures.Decode(large[..^2], minRemaining: 3).Width);
        foreach (var missing in new[] { 3, 5, 40 })
            Assert.Equal((missing, ErrorCodes.ImageCorrupt), (missing, Assert.Throws<ImageFaultException>(() => TestPictures.Decode(jpeg[..^missing])).Code));
    }

    [Theory]
    [InlineData(".jpg[Q=95,restart-interval=1]")]
    [InlineData(".jpg[Q=95,restart-interval=4]")]
    public void AJpegWithRestartMarkersThatIsCutOffIsCorruptWhereverItIsCut(string suffix)
    {
        var jpeg = TestPictures.Encode(TestPictures.Noise(Width, Height, 4), Width, Height, suffix);
        Assert.True(jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xD1]) > 0);
        for (var length = jpeg.Length * 3 / 4; length < jpeg.Length - 3; length += 7)
            Assert.Throws<ImageFaultException>(() => TestPictures.Decode(jpeg[..length]));
        for (int at = jpeg.Length / 2, next; (next = jpeg.AsSpan(at).IndexOf([(byte)0xFF, (byte)0xD3])) >= 0; at += next + 2)
            Assert.Throws<ImageFaultException>(() => TestPictures.Decode(jpeg[..(at + next)]));
    }

    [Fact]
    public void BytesBetweenTheSegmentsOfAJpegHideNothingOfIt()
    {
        var exif = ExifOf(orientation: 6, type: 3, little: true);
        var jpeg = TestPictures.Encode(Ramp, Width, Height, ".jpg[keep=none,interlace,subsample-mode=off]");
        var header = ImageHeader.Read((byte[])[.. jpeg[..2], 0xFF, 0xFE, 0, 2, 0, 1, 0xFF, 0xD0, 7, 0xFF, 0xE1, 0, (byte)(exif.Length + 8), .. "Exif\0\0"u8, .. exif, 9, .. jpeg[2..]], ImageFormat.Jpeg);
        Assert.Equal((Height, Width, 6), (header.Width, header.Height, header.BytesHeld));
    }

    [Fact]
    public void AFrameThatIsSmallerThanItsCanvasStandsOnWhite()
    {
        var gif = TestPictures.Encode(Ramp, Width, Height, ".gif[dither=0]");
        BitConverter.GetBytes((ushort)(Width + 40)).CopyTo(gif, 6);
        BitConverter.GetBytes((ushort)(Height + 30)).CopyTo(gif, 8);
        var lossless = TestPictures.Encode(Ramp, Width, Height, ".webp[lossless,keep=none]");
        byte[] frame = [10, 0, 0, 5, 0, 0, .. Little(Width - 1)[..3], .. Little(Height - 1)[..3], 100, 0, 0, 0, .. lossless[12..]]; // 20 across, 10 down
        var webp = WebPOf(Width + 40, Height + 30, flags: 0x02,
            [.. "ANIM"u8, .. Little(6), 0, 0, 0, 255, 0, 0, .. "ANMF"u8, .. Little((uint)frame.Length), .. frame]);
        foreach (var (file, left, top) in new[] { (gif, 0, 0), (webp, 20, 10) })
        {
            var (width, height, rgb) = TestPictures.Decode(file);
            Assert.Equal((Width + 40, Height + 30), (width, height));
            Assert.Equal([255, 255, 255], rgb[^3..]);
            var at = 3 * ((top + Height / 2) * width + left + Width / 2);
            Assert.Equal(Ramp[3 * (Height / 2 * Width + Width / 2)], rgb[at], 12.0);
        }
    }

    [Fact]
    public void HdrColoursAreRefusedByName()
    {
        var png = TestPictures.Encode(Ramp, Width, Height, ".png");
        foreach (var transfer in new byte[] { 16, 18 })
            AssertUnsupported([.. png[..33], .. Chunk("cICP", [9, transfer, 0, 1]), .. png[33..]], "HDR");
        Assert.Equal(Width, TestPictures.Decode([.. png[..33], .. Chunk("cICP", [1, 13, 0, 1]), .. png[33..]]).Width);

        foreach (var transfer in new byte[] { 16, 18 })
            AssertUnsupported(AvifOf(primaries: 9, transfer), "HDR");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HdrColoursAreRefusedByNameAlsoWhereAProfileSaysSo(bool isPq)
    {
        using var colours = SKColorSpace.CreateRgb(isPq ? SKColorSpaceTransferFn.Pq : SKColorSpaceTransferFn.Hlg, SKColorSpaceXyz.Rec2020);
        using var picture = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque, colours));
        foreach (var kind in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
        {
            using var encoded = picture.Encode(kind, 90);
            AssertUnsupported(encoded.ToArray(), "HDR");
        }
        using var jpeg = picture.Encode(SKEncodedImageFormat.Jpeg, 90);
        var segment = jpeg.Span[jpeg.Span.IndexOf("ICC_PROFILE"u8)..];
        var profile = segment[14..][..BinaryPrimitives.ReadInt32BigEndian(segment[14..])].ToArray(); // it begins with its length
        using var plain = TestPictures.ToImage(Ramp, Width, Height);
        using var profiled = plain.Mutate(image => image.Set(GValue.BlobType, "icc-profile-data", profile));
        foreach (var suffix in new[] { ".avif[keep=icc]", ".tif[keep=icc]" })
            AssertUnsupported(profiled.WriteToBuffer(suffix), "HDR");
    }

    [Fact]
    public void WideColoursOfAnAvifAreMadeNarrowByItsNumbers()
    {
        var asTheyAre = TestPictures.Decode(AvifOf(primaries: 1, transfer: 13)).Rgb;
        Assert.InRange(TestPictures.MeanDifference(Ramp, asTheyAre), 3, 20);
        Assert.InRange(TestPictures.MeanDifference(Ramp, TestPictures.Decode(AvifOf(primaries: 12, transfer: 13)).Rgb), 0, 3);
    }

    /// <summary>The ramp in the colours of P3, which says instead of that what it is told to (in the place of its profile).</summary>
    private static byte[] AvifOf(byte primaries, byte transfer)
    {
        using var srgb = TestPictures.ToImage(Ramp, Width, Height);
        var avif = srgb.IccTransform("p3", inputProfile: "srgb").WriteToBuffer(".avif[Q=97,subsample-mode=off,keep=icc]");
        var at = avif.AsSpan().IndexOf("colrrICC"u8);
        return avif.With(at, [.. "colrnclx"u8, 0, primaries, 0, transfer, 0, 6, 0x80]);
    }

    [Fact]
    public void APhotoOfFiftyMegapixelsFitsTheDefaultLimits()
    {
        const long pixels = 8160 * 6144;
        Assert.InRange(pixels, 1, Math.Min(new UploadOptions().MaxPixels, new DetectorOptions().MaxPixels));
        var png = ImageHeader.Read((byte[])[.. Png(PngHeader(8160, 6144)), .. Chunk("IDAT", [0x78, 0x9C])], ImageFormat.Png);
        Assert.InRange(png.DecoderBytes, pixels, new UploadOptions().MaxDecoderBytes);
    }

    private static void AssertUnsupported(byte[] file, string named)
    {
        var fault = Assert.Throws<ImageFaultException>(() => ImageHeader.Read(file, ImageFormat.Sniff(file)!));
        Assert.Equal(ErrorCodes.ImageUnsupported, fault.Code);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    private static (byte[] Bytes, int Count) Replaced(byte[] bytes, byte[] what, byte[] by)
    {
        var copy = (byte[])bytes.Clone();
        var count = 0;
        for (int from = 0, at; (at = copy.AsSpan(from).IndexOf(what)) >= 0; from += at + what.Length, count++)
            by.CopyTo(copy, from + at);
        return (copy, count);
    }

    /// <summary>An EXIF block with an orientation in it, without the word before it.</summary>
    private static byte[] ExifOf(byte orientation, byte type, bool little)
    {
        var value = new byte[4];
        value[little ? 0 : type switch { 1 => 0, 3 => 1, _ => 3 }] = orientation;
        return little ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, type, 0, 1, 0, 0, 0, .. value, 0, 0, 0, 0]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, type, 0, 0, 0, 1, .. value, 0, 0, 0, 0];
    }

    /// <summary>A WebP of the extended form.</summary>
    private static byte[] WebPOf(int width, int height, byte flags, byte[] chunks) =>
        [.. "RIFF"u8, .. Little((uint)(chunks.Length + 22)), .. "WEBPVP8X"u8, .. Little(10), flags, 0, 0, 0,
            .. Little((uint)(width - 1))[..3], .. Little((uint)(height - 1))[..3], .. chunks];

    private sealed record Page(int Subfile, int Width, int Height, byte Grey, int Photometric)
    {
        public static implicit operator Page((int, int, int, byte, int) page) => new(page.Item1, page.Item2, page.Item3, page.Item4, page.Item5);
    }

    /// <summary>A TIFF, or BigTIFF, of grey pages in a row, and others below the first of them.</summary>
    private static byte[] Tiffs(Page[] row, Page[] below, bool big)
    {
        byte[] Number(ulong value, int size) => [.. Enumerable.Range(0, size).Reverse().Select(i => (byte)(value >> 8 * i))]; // big-endian
        var (wide, head) = big ? (8, 16) : (4, 8);
        var pages = row.Concat(below).ToArray();
        var entries = pages.Select((_, i) => 10 + (i == 0 && below.Length > 0 ? 1 : 0)).ToArray();
        var sizes = pages.Select((_, i) => (big ? 8 : 2) + entries[i] * (4 + 2 * wide) + wide).ToArray();
        var starts = pages.Select((_, i) => (ulong)(head + sizes[..i].Sum())).ToArray();
        var data = (ulong)(head + sizes.Sum());
        var file = new List<byte>([.. "MM"u8, .. big ? (byte[])[0, 43, 0, 8, 0, 0] : [0, 42], .. Number((ulong)head, wide)]);
        for (var (i, at) = (0, data); i < pages.Length; i++)
        {
            var page = pages[i];
            byte[] Entry(int tag, ulong value) => [.. Number((ulong)tag, 2), .. Number(4, 2), .. Number(1, wide), .. Number(value, 4), .. new byte[wide - 4]];
            var bytes = (ulong)(page.Width * page.Height);
            List<byte[]> all = [Entry(254, (ulong)page.Subfile), Entry(256, (ulong)page.Width), Entry(257, (ulong)page.Height), Entry(258, 8), Entry(259, 1),
                Entry(262, (ulong)page.Photometric), Entry(273, at), Entry(277, 1), Entry(278, (ulong)page.Height), Entry(279, bytes)];
            if (entries[i] == 11)
                all.Add(Entry(330, starts[row.Length]));
            file.AddRange(Number((ulong)entries[i], big ? 8 : 2));
            file.AddRange(all.SelectMany(entry => entry));
            file.AddRange(Number(i + 1 < row.Length ? starts[i + 1] : 0, wide));
            at += bytes;
        }
        return [.. file, .. pages.SelectMany(page => Enumerable.Repeat(page.Grey, page.Width * page.Height))];
    }
}
