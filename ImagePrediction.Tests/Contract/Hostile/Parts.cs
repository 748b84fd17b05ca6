using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>The parts that files are made of, with whatever one wants to claim in them.</summary>
internal static class Parts
{
    private static readonly byte[] PngSignature = [0x89, .. "PNG"u8, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A PNG of the given chunks.</summary>
    public static byte[] Png(params byte[][] chunks) => [.. PngSignature, .. chunks.SelectMany(chunk => chunk)];

    /// <summary>A chunk with a valid checksum, of another length than it claims where that is asked for.</summary>
    public static byte[] Chunk(string type, byte[] data, uint? claimed = null)
    {
        byte[] body = [.. type.Select(c => (byte)c), .. data];
        return [.. Big(claimed ?? (uint)data.Length), .. body, .. Big(Crc32.HashToUInt32(body))];
    }

    public static byte[] PngHeader(int width, int height, byte depth = 8, byte colour = 2, byte interlace = 0) =>
        Chunk("IHDR", [.. Big((uint)width), .. Big((uint)height), depth, colour, 0, 0, interlace]);

    /// <summary>A zlib stream of as many zeros as asked for, made without compressing them all: one megabyte, repeated.</summary>
    public static byte[] ZlibZeros(long length)
    {
        const int piece = 1 << 20;
        var pieces = length / piece;
        var mebibyte = Deflated(piece, last: false);
        using var stream = new MemoryStream();
        stream.Write([0x78, 0x9C]);
        for (var i = 0L; i < pieces; i++)
            stream.Write(mebibyte);
        stream.Write(Deflated((int)(length % piece), last: true));
        stream.Write(Big((uint)(length % 65521 << 16 | 1))); // Adler-32 of zeros
        return stream.ToArray();
    }

    /// <summary>A little-endian TIFF with one directory; the value <see cref="AtData"/> stands for where the data begins.</summary>
    public static byte[] Tiff(byte[] data, params (ushort Tag, ushort Type, uint Count, uint Value)[] entries)
    {
        var start = (uint)(8 + 2 + 12 * entries.Length + 4);
        return [.. "II*\0"u8, .. Little(8), .. BitConverter.GetBytes((ushort)entries.Length),
            .. entries.SelectMany(e => (byte[])[.. BitConverter.GetBytes(e.Tag), .. BitConverter.GetBytes(e.Type), .. Little(e.Count),
                .. Little(e.Value == AtData ? start : e.Value)]), .. Little(0), .. data];
    }

    public const uint AtData = 0xDA7A_DA7A;

    /// <summary>The entries of an 8-bit picture of one band in a single strip.</summary>
    public static (ushort, ushort, uint, uint)[] TiffEntries(uint width, uint height, uint bytes, uint compression = 1, uint bits = 8, uint rows = 0) =>
    [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1), (273, 4, 1, AtData),
        (277, 3, 1, 1), (278, 4, 1, rows == 0 ? height : rows), (279, 4, 1, bytes),
    ];

    /// <summary>The same in a single tile, of which the picture need not fill much.</summary>
    public static (ushort, ushort, uint, uint)[] TiledTiffEntries(uint width, uint height, uint tileSide, uint bytes, uint compression) =>
    [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1), (277, 3, 1, 1),
        (322, 4, 1, tileSide), (323, 4, 1, tileSide), (324, 4, 1, AtData), (325, 4, 1, bytes),
    ];

    /// <summary>A GIF whose frames are all of one colour.</summary>
    public static byte[] Gif(ushort width, ushort height, int frames, byte codeSize = 2, int pixels = -1)
    {
        var blocks = Lzw(codeSize, pixels < 0 ? (long)width * height : pixels).Chunk(255).SelectMany(block => (byte[])[(byte)block.Length, .. block]);
        byte[] frame = [0x2C, 0, 0, 0, 0, .. BitConverter.GetBytes(width), .. BitConverter.GetBytes(height), 0, codeSize, .. blocks, 0];
        return [.. "GIF89a"u8, .. BitConverter.GetBytes(width), .. BitConverter.GetBytes(height), 0x80, 0, 0, 200, 100, 50, 0, 0, 0,
            .. Enumerable.Repeat(frame, frames).SelectMany(bytes => bytes), 0x3B];
    }

    /// <summary>
    /// A grey progressive JPEG whose scans say of every block that there is nothing new, the shortest way: one bit for a
    /// block in the first, one run for 16,384 blocks in the others. All of those bits are zeros.
    /// </summary>
    public static byte[] JpegOfScans(ushort width, ushort height, int scans)
    {
        var blocks = (width + 7) / 8 * ((height + 7) / 8);
        byte[] table = [0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64)];
        byte[] frame = [0xFF, 0xC2, 0, 11, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 1, 1, 0x11, 0];
        byte[] codes = [0xFF, 0xC4, 0, 20, 0x00, 1, .. new byte[15], 0, 0xFF, 0xC4, 0, 20, 0x10, 1, .. new byte[15], 0xE0];
        var run = new byte[((blocks + 16_383) / 16_384 * 15 + 7) / 8];
        // Every coefficient by itself, first without its lowest 13 bits, then with one more of them a scan.
        var others = Enumerable.Range(0, scans - 1).SelectMany(i => Scan((byte)(1 + i % 63), i < 63 ? 13 : (14 - i / 63) << 4 | (13 - i / 63), run));
        return [0xFF, 0xD8, .. table, .. frame, .. codes, .. Scan(0, 0, new byte[(blocks + 7) / 8]), .. others, 0xFF, 0xD9];

        static byte[] Scan(byte coefficient, int bits, byte[] data) =>
            [0xFF, 0xDA, 0, 8, 1, 1, 0, coefficient, coefficient, (byte)bits, .. data];
    }

    /// <summary>A lossless WebP of one colour: with one symbol in each code, pixels take no bits, so that any size is a file of 40 bytes.</summary>
    public static byte[] WebP(int width, int height)
    {
        ulong one = 0b1_0_1 | 90 << 3; // a simple code of one symbol of eight bits: 90
        var codes = (one | one << 11 | one << 22 | one << 33) << 3; // no transform, no colour cache, no choice of codes
        UInt128 bits = (uint)(width - 1) | (UInt128)(uint)(height - 1) << 14 | (UInt128)codes << 32 | (UInt128)0b0_0_0_1 << 79;
        byte[] data = [0x2F, .. BitConverter.GetBytes((ulong)bits), .. BitConverter.GetBytes((ulong)(bits >> 64))];
        return [.. "RIFF"u8, .. Little((uint)data.Length + 13), .. "WEBPVP8L"u8, .. Little((uint)data.Length), .. data, 0];
    }

    public static byte[] Big(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Little(uint value) => BitConverter.GetBytes(value);

    public static byte[] With(this byte[] bytes, int at, params byte[] replacement)
    {
        var copy = (byte[])bytes.Clone();
        replacement.CopyTo(copy, at);
        return copy;
    }

    private static byte[] Deflated(int zeros, bool last)
    {
        using var stream = new MemoryStream();
        var deflate = new DeflateStream(stream, CompressionLevel.Optimal, leaveOpen: true);
        deflate.Write(new byte[zeros]);
        deflate.Flush(); // to a whole byte, and not yet the end
        var length = (int)stream.Length;
        deflate.Dispose();
        return last ? stream.ToArray() : stream.ToArray()[..length];
    }

    /// <summary>LZW as GIF has it, for a run of zeros: every code is one pixel longer than the last, until the table is full.</summary>
    private static byte[] Lzw(int codeSize, long pixels)
    {
        List<byte> bytes = [];
        ulong bits = 0;
        int filled = 0, width = codeSize + 1, clear = 1 << codeSize, next = clear + 2;
        void Write(int code)
        {
            bits |= (ulong)code << filled;
            for (filled += width; filled >= 8; filled -= 8, bits >>= 8)
                bytes.Add((byte)bits);
        }

        Write(clear);
        for (long run = 1; pixels > 0; run++)
        {
            run = Math.Min(run, pixels);
            Write(run == 1 ? 0 : clear + (int)run);
            pixels -= run;
            if (run > 1 && next < 4096)
                next++;
            if (next == 1 << width && width < 12)
                width++;
            if (next >= 4095 && pixels > 0)
            {
                Write(clear);
                (width, next, run) = (codeSize + 1, clear + 2, 0);
            }
        }
        Write(clear + 1);
        bytes.Add((byte)bits);
        return [.. bytes];
    }
}
