using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ImagePrediction.Bench;

/// <summary>
/// A photo as a complete multipart body, split where each body gets its own stamp: an ancillary segment that decoders
/// skip, so that no two bodies are equal and nothing is encoded while posting.
/// </summary>
internal sealed class Photo
{
    public const string ContentType = "multipart/form-data; boundary=" + Boundary;

    private const string Boundary = "ImagePrediction.Bench.5f0c2a9e7d41";
    private const int TextLength = 32;

    private readonly Kind _kind;

    private Photo(Kind kind, byte[] head, byte[] tail) => (_kind, Head, Tail) = (kind, head, tail);

    private enum Kind
    {
        Jpeg,
        Png,
        WebP,
    }

    /// <summary>The body up to the stamp.</summary>
    public byte[] Head { get; }

    /// <summary>The rest of the photo after the stamp.</summary>
    public byte[] Tail { get; }

    /// <summary>The end of the body.</summary>
    public static byte[] End { get; } = Encoding.UTF8.GetBytes($"\r\n--{Boundary}--\r\n");

    /// <summary>Wraps a file in a multipart body.</summary>
    /// <exception cref="FormatException">It is not a JPEG, PNG or WebP.</exception>
    public static Photo Frame(string name, byte[] file)
    {
        if (file is [0xFF, 0xD8, ..])
            return Frame(Kind.Jpeg, "jpeg", name, file, AfterApplicationSegments(file));
        if (file is [0x89, (byte)'P', (byte)'N', (byte)'G', ..])
            return Frame(Kind.Png, "png", name, file, 33); // signature (8) and IHDR (25)
        if (file.Length >= 12 && file.AsSpan(0, 4).SequenceEqual("RIFF"u8) && file.AsSpan(8, 4).SequenceEqual("WEBP"u8))
            return FrameWebP(name, file);
        throw new FormatException($"{name} is no JPEG, PNG or WebP");
    }

    /// <summary>The segment that makes a body different from all others, of this run and of any other.</summary>
    public byte[] Stamp(ulong run, long number)
    {
        Span<byte> text = stackalloc byte[TextLength];
        run.TryFormat(text, out _, "x16");
        number.TryFormat(text[16..], out _, "x16");
        switch (_kind)
        {
            case Kind.Jpeg:
                return [0xFF, 0xFE, 0, TextLength + 2, .. text];
            case Kind.Png:
                byte[] chunk = [0, 0, 0, TextLength + 8, .. "tEXtComment\0"u8, .. text, 0, 0, 0, 0];
                BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(^4), Crc32.HashToUInt32(chunk.AsSpan(4..^4)));
                return chunk;
            default:
                return [.. "BNCH"u8, TextLength, 0, 0, 0, .. text];
        }
    }

    private static Photo Frame(Kind kind, string type, string name, ReadOnlySpan<byte> file, int cut)
    {
        var headers = $"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name.Replace('"', '_')}\"\r\nContent-Type: image/{type}\r\n\r\n";
        return new Photo(kind,
            [.. Encoding.UTF8.GetBytes(headers), .. file[..cut]],
            [.. file[cut..]]);
    }

    /// <summary>WebP allows unknown chunks after the picture; the length in the RIFF header covers them.</summary>
    private static Photo FrameWebP(string name, byte[] file)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4));
        if (length + 8 > file.Length)
            throw new FormatException($"{name} is cut off");
        byte[] grown = [.. file.AsSpan(0, (int)length + 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(grown.AsSpan(4), length + 8 + TextLength);
        return Frame(Kind.WebP, "webp", name, grown, grown.Length);
    }

    /// <summary>JFIF and EXIF must come first, so the comment goes after the APPn segments.</summary>
    private static int AfterApplicationSegments(ReadOnlySpan<byte> file)
    {
        var at = 2;
        while (at + 4 <= file.Length && file[at] == 0xFF && file[at + 1] is >= 0xE0 and <= 0xEF)
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
        return Math.Min(at, file.Length);
    }
}
