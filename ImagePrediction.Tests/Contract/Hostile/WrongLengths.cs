using System.Text;
using ImagePrediction.Tests.Detection;
using static ImagePrediction.Tests.Contract.Hostile.Parts;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>Files whose lengths, counts and offsets are lies.</summary>
internal static class WrongLengths
{
    private static readonly byte[] Row = ZlibZeros(8 * (8 * 3 + 1));
    private static readonly byte[] End = Chunk("IEND", []);

    public static IEnumerable<HostileFile> All() => [.. InPng(), .. InJpeg(), .. InWebP(), .. InGif(), .. InTiff(), .. InAvif()];

    private static IEnumerable<HostileFile> InPng()
    {
        foreach (var claimed in new uint[] { 0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF })
        {
            yield return new($"PNG, header chunk of {claimed} bytes", Png(Chunk("IHDR", PngHeader(8, 8)[8..21], claimed), Chunk("IDAT", Row), End));
            yield return new($"PNG, data chunk of {claimed} bytes", Png(PngHeader(8, 8), Chunk("IDAT", Row, claimed), End));
        }
        yield return new("PNG, no width", Png(PngHeader(0, 8), Chunk("IDAT", Row), End));
        yield return new("PNG, negative height", Png(PngHeader(8, -8), Chunk("IDAT", Row), End));
        yield return new("PNG, depth 17", Png(PngHeader(8, 8, depth: 17), Chunk("IDAT", Row), End));
        yield return new("PNG, palette without a palette", Png(PngHeader(8, 8, colour: 3), Chunk("IDAT", Row), End));
        yield return new("PNG, no data", Png(PngHeader(8, 8), End));
        yield return new("PNG, two headers", Png(PngHeader(8, 8), PngHeader(8000, 6000), Chunk("IDAT", Row), End));
        yield return new("PNG, header last", Png(Chunk("IDAT", Row), End, PngHeader(8, 8)));
        yield return new("PNG, more rows claimed than there are", Png(PngHeader(8, 4000), Chunk("IDAT", Row), End));
    }

    private static IEnumerable<HostileFile> InJpeg()
    {
        var jpeg = TestPictures.Encode(TestPictures.Noise(64, 48, 1), 64, 48, ".jpg");
        foreach (var marker in new byte[] { 0xC0, 0xC4, 0xDB, 0xDA })
            foreach (var length in new byte[][] { [0, 0], [0, 1], [0xFF, 0xFF] })
                yield return new($"JPEG, segment {marker:X} of length {length[0]:X2}{length[1]:X2}", jpeg.With(Find(jpeg, 0xFF, marker) + 2, length));
        var frame = Find(jpeg, 0xFF, 0xC0);
        yield return new("JPEG, no height", jpeg.With(frame + 5, 0, 0));
        yield return new("JPEG, no width", jpeg.With(frame + 7, 0, 0));
        yield return new("JPEG, no components", jpeg.With(frame + 9, 0));
        yield return new("JPEG, 255 components", jpeg.With(frame + 9, 255));
        yield return new("JPEG, sampling 0 × 0", jpeg.With(frame + 11, 0));
        yield return new("JPEG, sampling 15 × 15", jpeg.With(frame + 11, 0xFF));
        yield return new("JPEG, 12 bits", jpeg.With(frame + 4, 12));
        yield return new("JPEG, lossless", jpeg.With(frame + 1, 0xC3));
        yield return new("JPEG, arithmetic coding that it does not have", jpeg.With(frame + 1, 0xC9));
        yield return new("JPEG, only its start, again and again", [.. Enumerable.Repeat(new byte[] { 0xFF, 0xD8, 0xFF }, 5000).SelectMany(b => b)]);
        foreach (byte length in new byte[] { 2, 7, 8, 9, 15 })
            yield return new($"JPEG, {length} bytes of EXIF", [0xFF, 0xD8, 0xFF, 0xE1, 0, length, .. "Exif\0\0MM\0*\0\0\0"u8, .. jpeg[2..]]);
        yield return new("JPEG, EXIF whose directory is beyond it", [0xFF, 0xD8, 0xFF, 0xE1, 0, 16, .. "Exif\0\0MM\0*"u8, 0x7F, 0xFF, 0xFF, 0xFF, .. jpeg[2..]]);
        yield return new("JPEG, EXIF of 65,535 entries", [0xFF, 0xD8, 0xFF, 0xE1, 0, 18, .. "Exif\0\0MM\0*\0\0\0"u8, 8, 0xFF, 0xFF, .. jpeg[2..]]);
        yield return new("JPEG, 60,000 fill bytes", [0xFF, 0xD8, .. Enumerable.Repeat((byte)0xFF, 60_000), .. jpeg[2..]]);
    }

    private static IEnumerable<HostileFile> InWebP()
    {
        foreach (var suffix in new[] { ".webp", ".webp[lossless]" })
        {
            var webp = TestPictures.Encode(TestPictures.Noise(64, 48, 1), 64, 48, suffix);
            foreach (var size in new uint[] { 0, 3, 0xFFFF_FFFF })
            {
                yield return new($"{suffix}, RIFF of {size} bytes", webp.With(4, Little(size)));
                yield return new($"{suffix}, first chunk of {size} bytes", webp.With(16, Little(size)));
            }
        }
    }

    private static IEnumerable<HostileFile> InGif()
    {
        var gif = Gif(64, 48, frames: 2);
        var frame = Array.IndexOf(gif, (byte)0x2C);
        foreach (byte size in new byte[] { 0, 1, 12, 13, 255 })
            yield return new($"GIF, code size {size}", gif.With(frame + 10, size));
        yield return new("GIF, a frame beyond the canvas", gif.With(frame + 1, 0xFF, 0xFF, 0xFF, 0xFF));
        yield return new("GIF, a frame much larger than the canvas", gif.With(frame + 5, 0xFF, 0xFF, 0xFF, 0xFF));
        yield return new("GIF, no canvas", gif.With(6, 0, 0, 0, 0));
        yield return new("GIF, fewer pixels than it claims", Gif(640, 480, frames: 1, pixels: 100));
        yield return new("GIF, more pixels than it claims", Gif(64, 48, frames: 1, pixels: 5_000_000));
        yield return new("GIF, no frame", [.. gif[..frame], 0x3B]);
        yield return new("GIF, 3,000 empty extensions", [.. gif[..frame], .. Enumerable.Repeat(new byte[] { 0x21, 0xFE, 0 }, 3000).SelectMany(b => b), .. gif[frame..]]);
    }

    private static IEnumerable<HostileFile> InTiff()
    {
        var entries = TiffEntries(64, 48, 64 * 48);
        var tiff = Tiff(new byte[64 * 48], entries);
        foreach (var offset in new uint[] { 0, 4, 9, 5000, 0xFFFF_FFFF })
            yield return new($"TIFF, directory at {offset}", tiff.With(4, Little(offset)));
        yield return new("TIFF, the next directory is this one", tiff.With(10 + 12 * entries.Length, Little(8)));
        yield return new("TIFF, 65,535 entries", tiff.With(8, 0xFF, 0xFF));
        foreach (var (what, index, value) in new (string, int, uint)[]
        {
            ("width 0", 0, 0), ("width 4 G", 0, 0xFFFF_FFFF), ("height 4 G", 1, 0xFFFF_FFFF), ("255 bits", 2, 255), ("compression 9,999", 3, 9999),
            ("strips at 4 G", 5, 0xFFFF_FFFF), ("65,535 bands", 6, 65_535), ("strips of 0 rows", 7, 0), ("4 GB in a strip", 8, 0xFFFF_FFFF),
        })
        {
            yield return new($"TIFF, {what}", tiff.With(10 + 12 * index + 8, Little(value)));
        }
        foreach (var count in new uint[] { 0, 1_000_000, 0xFFFF_FFFF })
            yield return new($"TIFF, {count} strips", tiff.With(10 + 12 * 5 + 4, Little(count)));
    }

    private static IEnumerable<HostileFile> InAvif()
    {
        var avif = TestPictures.Encode(TestPictures.Noise(64, 48, 1), 64, 48, ".avif[effort=0]");
        foreach (var box in new[] { "meta", "iloc", "ispe", "av1C", "mdat", "iinf" })
            foreach (var size in new uint[] { 0, 1, 7, 0x7FFF_FFFF })
                yield return new($"AVIF, box {box} of {size} bytes", avif.With(Find(avif, Encoding.ASCII.GetBytes(box)) - 4, Big(size)));
        var size1 = Find(avif, Encoding.ASCII.GetBytes("ispe")) + 8;
        yield return new("AVIF, larger than its picture", avif.With(size1, [.. Big(3000), .. Big(2000)]));
        yield return new("AVIF, smaller than its picture", avif.With(size1, [.. Big(3), .. Big(2)]));
        yield return new("AVIF, no size", avif.With(size1, new byte[8]));
    }

    internal static int Find(byte[] bytes, params byte[] what) => bytes.AsSpan().IndexOf(what) is var at and >= 0 ? at : throw new InvalidOperationException("The encoder made something else.");
}
