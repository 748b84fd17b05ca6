using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>
/// Counts the scans of a progressive JPEG. Each makes the decoder go over the whole picture, and may take no more than a few
/// bytes of the file: eight hundred of them are a valid file of 170 KB that keeps a processor busy for ten seconds.
/// </summary>
public static class JpegScans
{
    /// <summary>Programs make about ten.</summary>
    public const int Max = 100;

    /// <summary>True if there are more than <see cref="Max"/> between the picture's start and its end.</summary>
    public static bool AreTooMany(ReadOnlySpan<byte> jpeg)
    {
        var scans = 0;
        for (var rest = jpeg; rest.IndexOf((byte)0xFF) is var at and >= 0 && at + 1 < rest.Length;)
        {
            var marker = rest[at + 1];
            rest = rest[(at + (marker == 0xFF ? 1 : 2))..];
            if (marker == 0xD9)
                return false; // whatever follows, such as a film, is none of the picture's
            if (marker is 0 or 1 or 0xFF or (>= 0xD0 and <= 0xD8))
                continue; // a byte of pixels, or a marker without content
            if (marker == 0xDA && ++scans > Max)
                return true;
            rest = rest[Math.Min(rest.Length, rest.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(rest))..];
        }
        return false;
    }
}
