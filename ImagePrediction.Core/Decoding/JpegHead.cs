using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>What decoders do not report about a JPEG, from the segments before its pixels (ITU-T T.81, annex B).</summary>
internal readonly ref struct JpegHead
{
    /// <summary>The content of its EXIF segment; empty if there is none.</summary>
    public ReadOnlySpan<byte> Exif { get; private init; }

    /// <summary>
    /// Bytes per pixel that a decoder holds until the last of several scans: the coefficients of all components. 0 for a single scan.
    /// </summary>
    public int BytesHeld { get; private init; }

    private const int Most = 8; // four components (CMYK) of two bytes

    /// <summary>Reads up to the first scan.</summary>
    public static JpegHead Read(ReadOnlySpan<byte> jpeg)
    {
        ReadOnlySpan<byte> exif = [], frame = [];
        // Decoders skip stray bytes between segments, so this must too.
        for (var rest = jpeg; rest.IndexOf((byte)0xFF) is var at and >= 0 && at + 4 <= rest.Length;)
        {
            rest = rest[at..];
            if (rest[1] is 0 or 1 or 0xFF or (>= 0xD0 and <= 0xD8))
            {
                rest = rest[(rest[1] == 0xFF ? 1 : 2)..]; // filler, or a marker without content
                continue;
            }
            var length = 2 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            var segment = rest[..Math.Min(length, rest.Length)];
            if (rest[1] == 0xDA && segment.Length > 4)
                return new() { Exif = exif, BytesHeld = Held(frame, inFirstScan: segment[4]) };
            if (rest[1] == 0xE1 && exif.IsEmpty && segment.Length > 10 && segment[4..].StartsWith("Exif\0\0"u8))
                exif = segment[4..];
            if (rest[1] is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                frame = segment;
            rest = rest[segment.Length..];
        }
        return new() { Exif = exif, BytesHeld = Most };
    }

    /// <summary>Layout of a frame header: marker, length, bits, height, width, number of components, three bytes per component.</summary>
    private static int Held(ReadOnlySpan<byte> frame, int inFirstScan)
    {
        if (frame.Length < 10 || frame.Length < 10 + 3 * frame[9])
            return 0;
        var progressive = frame[1] is 0xC2 or 0xC6 or 0xCA or 0xCE;
        return progressive || inFirstScan < frame[9] ? 2 * Samples(frame.Slice(10, 3 * frame[9])) : 0;
    }

    /// <summary>Samples per pixel over all components, rounded up: 3, or fewer with chroma subsampling.</summary>
    private static int Samples(ReadOnlySpan<byte> components)
    {
        int sum = 0, mostAcross = 1, mostDown = 1;
        for (var i = 1; i < components.Length; i += 3)
        {
            int across = components[i] >> 4, down = components[i] & 15;
            sum += across * down;
            (mostAcross, mostDown) = (Math.Max(mostAcross, across), Math.Max(mostDown, down));
        }
        return (sum + mostAcross * mostDown - 1) / (mostAcross * mostDown);
    }

    /// <summary>True if the end marker follows the last scan; anything after it, such as a video, is not part of the picture.</summary>
    public static bool HasEnd(ReadOnlySpan<byte> jpeg)
    {
        for (var rest = jpeg; rest.IndexOf((byte)0xFF) is var at and >= 0 && at + 1 < rest.Length;)
        {
            var marker = rest[at + 1];
            rest = rest[(at + (marker == 0xFF ? 1 : 2))..];
            if (marker == 0xD9)
                return true;
            if (marker is 0 or 1 or 0xFF or (>= 0xD0 and <= 0xD8))
                continue; // entropy-coded data, or a marker without content
            rest = rest[Math.Min(rest.Length, rest.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(rest))..];
        }
        return false;
    }
}
