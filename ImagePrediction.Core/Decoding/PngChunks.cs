using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>The chunks of a PNG file (W3C PNG, section 5).</summary>
internal static class PngChunks
{
    private const int Signature = 8, Around = 12; // length, name and checksum of a chunk

    /// <summary>The content of the first chunk of this name; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> png, ReadOnlySpan<byte> name)
    {
        for (long at = Signature; at + Around <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png[(int)at..]);
            if (png[(int)(at + 4)..].StartsWith(name))
                return png[(int)(at + 8)..(int)Math.Min(png.Length, at + 8 + length)];
            at += Around + (long)length;
        }
        return [];
    }
}
