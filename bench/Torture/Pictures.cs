using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace ImagePrediction.Torture;

/// <summary>
/// Small PNGs of coloured blocks, and two photos, the same for every seed. Each upload contains a unique comment, so that no two files are equal.
/// </summary>
internal static class Pictures
{
    /// <summary>Number of pictures; the last PNG is truncated in the middle of its pixels.</summary>
    public const int Count = Drawn + 2;

    private const int Drawn = 12;
    private const string Mark = "torture=";

    private static readonly byte[][] Bodies = [.. Enumerable.Range(0, Drawn).Select(Make)];
    private static readonly byte[][] Photos = [.. new[] { "dog-on-a-walk.jpg", "cat.jpg" }
        .Select(name => File.ReadAllBytes(Path.Combine(Service.Root, "ImagePrediction.Api", "wwwroot", "samples", name)))];

    /// <summary>A file that is not a picture.</summary>
    public static byte[] None { get; } = Encoding.ASCII.GetBytes("This is no picture.");

    /// <summary>The picture, containing this comment.</summary>
    public static byte[] With(int picture, string comment)
    {
        var text = Encoding.ASCII.GetBytes($"{Mark}{comment};");
        return picture < Drawn ? [.. Signature, .. Header(picture), .. Chunk("tEXt"u8, [.. "Comment\0"u8, .. text]), .. Bodies[picture], .. Chunk("IEND"u8, [])]
            : [.. Photos[picture - Drawn].AsSpan(0, 2), 0xFF, 0xFE, 0, (byte)(text.Length + 2), .. text, .. Photos[picture - Drawn].AsSpan(2)]; // COM after SOI
    }

    /// <summary>The comment in a picture's file; null if there is none.</summary>
    public static string? CommentIn(string file)
    {
        var head = new byte[256];
        using var handle = File.OpenHandle(file);
        var text = Encoding.Latin1.GetString(head, 0, RandomAccess.Read(handle, head, 0));
        return text.IndexOf(Mark, StringComparison.Ordinal) is var at and >= 0 && text.IndexOf(';', at) is var end and >= 0 ? text[(at + Mark.Length)..end] : null;
    }

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static (int Width, int Height) SizeOf(int picture) => (64 + (picture * 16), 64 + (picture * 8));

    private static byte[] Header(int picture)
    {
        var (width, height) = SizeOf(picture);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2); // 8 bits, RGB
        return Chunk("IHDR"u8, header);
    }

    private static byte[] Make(int picture)
    {
        var (width, height) = SizeOf(picture);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            var line = new byte[1 + (width * 3)];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    for (var channel = 0; channel < 3; channel++)
                        line[1 + (x * 3) + channel] = (byte)(128 + (100 * Math.Sin((x / 8 * (picture + 1 + channel) / 5.0) + (y / 8 * (channel + 1) / (3.0 + picture)))));
                zlib.Write(line);
            }
        }
        var data = packed.ToArray();
        return Chunk("IDAT"u8, picture == Drawn - 1 ? data.AsSpan(0, data.Length / 2) : data);
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
