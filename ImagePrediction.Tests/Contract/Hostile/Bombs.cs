using ImagePrediction.Decoding;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Support;
using NetVips;
using static ImagePrediction.Tests.Contract.Hostile.Parts;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>Small files that want to become very large, or to take very long; none has more than a megabyte or two.</summary>
internal static class Bombs
{
    private const int Side = 7000; // 49 million pixels, just within the limit

    /// <summary>Those that are accepted and take the most memory.</summary>
    public static IReadOnlyList<string> Heaviest { get; } =
        ["GIF, 39 MP", "AVIF, 13 MP", "PNG, 49 MP", "PNG, 19 MP, interlaced, 16 bits and transparent", "progressive full-colour JPEG that claims 39 MP",
            "PNG, 14 MP, interlaced, 16 bits and transparent", "PNG, 13 MP, interlaced, 16 bits and transparent"];

    private static readonly Lazy<IReadOnlyList<HostileFile>> Made =
        new(() => [.. InPng(), .. InJpeg(), .. InGif(), .. InTiff(), .. InWebP(), .. InAvif()]);

    public static IReadOnlyList<HostileFile> All() => Made.Value;

    private static IEnumerable<HostileFile> InPng()
    {
        HostileFile Flat(string what, int width, int height, int bytesAPixel, byte depth = 8, byte colour = 2, byte interlace = 0, params byte[][] extra) =>
            new($"PNG, {what}", Png([PngHeader(width, height, depth, colour, interlace), .. extra,
                Chunk("IDAT", ZlibZeros((long)width * height * bytesAPixel + 2L * height)), Chunk("IEND", [])]));

        yield return Flat("49 MP", Side, Side, 3);
        yield return Flat("49 MP, 16 bits and transparent", Side, Side, 8, depth: 16, colour: 6);
        yield return Flat("49 MP, interlaced", Side, Side, 3, interlace: 1);
        yield return Flat("49 MP, interlaced, 16 bits and transparent", Side, Side, 8, depth: 16, colour: 6, interlace: 1);
        yield return Flat("19 MP, interlaced, 16 bits and transparent", 4400, 4300, 8, depth: 16, colour: 6, interlace: 1);
        // Small enough to be drawn two at a time.
        yield return Flat("14 MP, interlaced, 16 bits and transparent", 4000, 3500, 8, depth: 16, colour: 6, interlace: 1);
        yield return Flat("13 MP, interlaced, 16 bits and transparent", 4000, 3250, 8, depth: 16, colour: 6, interlace: 1);
        yield return Flat("52 MP", 7220, 7220, 3);
        yield return Flat("60,000 × 60,000", 60_000, 60_000, 0, depth: 1, colour: 0);
        yield return Flat("50,000,000 × 1", 50_000_000, 1, 3);
        yield return Flat("1 × 50,000,000", 1, 50_000_000, 3);
        yield return new("PNG, 300 MB of zeros for 64 pixels", Png(PngHeader(8, 8), Chunk("IDAT", ZlibZeros(300 << 20)), Chunk("IEND", [])));
        yield return Flat("300 MB of colour profile", 64, 48, 3, extra: Chunk("iCCP", [.. "p\0\0"u8, .. ZlibZeros(300 << 20)]));
        yield return Flat("300 MB of text", 64, 48, 3, extra: Chunk("zTXt", [.. "Comment\0\0"u8, .. ZlibZeros(300 << 20)]));
        yield return Flat("50,000 text chunks", 64, 48, 3, extra: [.. Enumerable.Repeat(Chunk("tEXt", [.. "a\0b"u8]), 50_000)]);
        yield return new("PNG, 50,000 empty data chunks", Png([PngHeader(8, 8), .. Enumerable.Repeat(Chunk("IDAT", []), 50_000),
            Chunk("IDAT", ZlibZeros(8 * 25)), Chunk("IEND", [])]));
    }

    private static IEnumerable<HostileFile> InJpeg()
    {
        var grey = Flat(Side, Side, 1);
        yield return new("JPEG, 49 MP", grey.JpegsaveBuffer());
        // The pixels end soon; what a decoder makes room for does not.
        foreach (var (what, suffix) in new[] { ("", ""), ("progressive ", "interlace"), ("progressive full-colour ", "interlace,subsample_mode=off") })
        {
            var small = TestPictures.Encode(TestPictures.Noise(64, 48, 1), 64, 48, $".jpg[{suffix}]");
            var frame = WrongLengths.Find(small, 0xFF, (byte)(suffix.Length == 0 ? 0xC0 : 0xC2));
            yield return new($"{what}JPEG that claims 49 MP", small.With(frame + 5, 0x1B, 0x58, 0x1B, 0x58));
            yield return new($"{what}JPEG that claims 39 MP", small.With(frame + 5, 0x18, 0x64, 0x18, 0x64));
            yield return new($"{what}JPEG that claims 65,500 × 65,500", small.With(frame + 5, 0xFF, 0xDC, 0xFF, 0xDC));
        }
        using var cmyk = Flat(64, 48, 4).Copy(interpretation: Enums.Interpretation.Cmyk);
        var inks = cmyk.JpegsaveBuffer(interlace: true, subsampleMode: Enums.ForeignSubsample.Off);
        yield return new("progressive CMYK JPEG that claims 49 MP", inks.With(WrongLengths.Find(inks, 0xFF, 0xC2) + 5, 0x1B, 0x58, 0x1B, 0x58));

        foreach (var scans in new[] { 10, 60, 800 })
            yield return new($"progressive JPEG of 49 MP in {scans} scans", JpegOfScans(Side, Side, scans));
        var photo = Photos.Jpeg(64, 48);
        yield return new("JPEG with 400 segments of 64 KB of profile", [.. photo[..2], .. Enumerable.Range(0, 200).SelectMany(i =>
            (byte[])[0xFF, 0xE2, 0xFF, 0xFF, .. "ICC_PROFILE\0"u8, (byte)i, 200, .. new byte[65_519]]), .. photo[2..]]);
    }

    private static IEnumerable<HostileFile> InGif()
    {
        yield return new("GIF, 39 MP", Gif(6240, 6240, frames: 1));
        yield return new("GIF, 49 MP", Gif(Side, Side, frames: 1));
        yield return new("GIF, 300 frames of 2 MP", Gif(1600, 1200, frames: 300));
        yield return new("GIF, 20 frames of 49 MP", Gif(Side, Side, frames: 20));
        yield return new("GIF, 65,535 × 65,535", Gif(65_535, 65_535, frames: 1, pixels: 100));
        yield return new("GIF, 20,000 frames", Gif(8, 8, frames: 20_000));
    }

    private static IEnumerable<HostileFile> InTiff()
    {
        var deflated = ZlibZeros((long)Side * Side);
        yield return new("TIFF, 49 MP in one strip", Tiff(deflated, TiffEntries(Side, Side, (uint)deflated.Length, compression: 8)));
        var bits = ZlibZeros((long)Side * Side / 8);
        yield return new("TIFF, 49 MP of one bit in one strip", Tiff(bits, TiffEntries(Side, Side, (uint)bits.Length, compression: 8, bits: 1)));
        var deep = ZlibZeros((long)Side * Side * 8);
        yield return new("TIFF, 49 MP of 64-bit numbers in one strip", Tiff(deep, [.. TiffEntries(Side, Side, (uint)deep.Length, compression: 8, bits: 64), (339, 3, 1, 3)]));
        yield return new("TIFF, 60,000 × 60,000", Tiff(bits, TiffEntries(60_000, 60_000, (uint)bits.Length, compression: 8, bits: 1)));
        foreach (var (side, tileSide) in new (uint, uint)[] { (64, 256), (64, 16_000), (7000, 7008) })
        {
            var tile = ZlibZeros((long)tileSide * tileSide);
            yield return new($"TIFF, {side} × {side} in one tile of {tileSide} × {tileSide}", Tiff(tile, TiledTiffEntries(side, side, tileSide, (uint)tile.Length, compression: 8)));
        }
        yield return new("TIFF, a strip that is less than it claims", Tiff(bits[..200], TiffEntries(Side, Side, 200, compression: 8)));
        using var flat = Flat(5000, 5000, 4);
        using var numbers = flat.Cast(Enums.BandFormat.Float);
        yield return new("TIFF, 25 MP of floats in four bands", numbers.WriteToBuffer(".tif[compression=deflate]"));
    }

    private static IEnumerable<HostileFile> InWebP()
    {
        yield return new("WebP, 49 MP", WebP(Side, Side));
        yield return new("WebP, 16,383 × 3,000", WebP(16_383, 3000));
        yield return new("WebP, 16,383 × 16,383", WebP(16_383, 16_383));
        yield return new("WebP, 49 MP, twice in a file", [.. WebP(Side, Side), .. WebP(Side, Side)]);
    }

    private static IEnumerable<HostileFile> InAvif()
    {
        using var flat = Flat(4000, 3250, 3);
        var avif = flat.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, effort: 0);
        yield return new("AVIF, 13 MP", avif);
        var size = WrongLengths.Find(avif, [.. "ispe"u8]) + 8;
        foreach (var side in new uint[] { 64, 3250, 4100, Side })
            yield return new($"AVIF of 13 MP that claims {side} × {side}", avif.With(size, [.. Big(side), .. Big(side)]));
    }

    private static Image Flat(int width, int height, int bands)
    {
        ImageDecoder.EnsureReady();
        using var black = Image.Black(width, height, bands: bands);
        using var grey = (black + 90).Cast(Enums.BandFormat.Uchar);
        return grey.Copy(interpretation: bands == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
    }
}
