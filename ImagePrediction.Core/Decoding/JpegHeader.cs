using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>
/// The size of a JPEG from its markers (ITU-T T.81, annex B) and its EXIF orientation. It stands on the way of every POST,
/// and libvips takes about ten times as long for it, most of it to parse metadata that nobody asks for.
/// </summary>
internal static class JpegHeader
{
    private const int WindowBytes = 4096;
    private const int FrameBytes = 10 + 3 * 4;
    private const int MaxSegments = 500;
    private const ushort OrientationTag = 0x0112;

    /// <summary>Reads the segments before the pixels, a window at a time.</summary>
    /// <returns>The upright size; null if anything is out of the ordinary, which is then for libvips to judge.</returns>
    public static ImageHeader? TryRead(string path)
    {
        using var file = File.OpenHandle(path);
        Span<byte> window = stackalloc byte[WindowBytes];
        long start = 0, at = 2; // behind the start-of-image marker
        var length = RandomAccess.Read(file, window, start);
        var orientation = 0;
        Span<byte> frame = stackalloc byte[FrameBytes];
        var framed = 0;
        for (var i = 0; i < MaxSegments; i++)
        {
            var exif = at - start + 1 < length && window[(int)(at - start) + 1] == 0xE1;
            if (at - start + (exif ? WindowBytes : FrameBytes) > length && start != at)
                length = RandomAccess.Read(file, window, start = at);
            ReadOnlySpan<byte> segment = window[(int)(at - start)..length];
            if (segment.Length < 10 || segment[0] != 0xFF)
                return null;
            var marker = segment[1];
            var size = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]);
            if (marker == 0xDA) // the first scan: here the pixels begin
                return Header(frame[..framed], orientation, components: segment[4]);
            if (marker is < 0xC0 or 0xFF or (>= 0xD0 and <= 0xD9) || size < 2)
                return null;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                segment[..(framed = Math.Min(FrameBytes, segment.Length))].CopyTo(frame);
            if (marker == 0xE1 && orientation == 0 && size >= 8 && segment[4..].StartsWith("Exif\0\0"u8))
            {
                orientation = Orientation(segment[10..Math.Min(segment.Length, size + 2)]);
                if (orientation < 0)
                    return null;
            }
            at += 2 + size;
        }
        return null;
    }

    /// <summary>What the frame says (marker, length, bits, height, width, then three bytes a component).</summary>
    /// <param name="frame">Its segment.</param>
    /// <param name="orientation">From EXIF; 0 without.</param>
    /// <param name="components">How many the first scan has.</param>
    private static ImageHeader? Header(ReadOnlySpan<byte> frame, int orientation, int components)
    {
        if (frame.Length < 10 || frame[9] == 0 || frame.Length < 10 + 3 * frame[9])
            return null;
        int height = BinaryPrimitives.ReadUInt16BigEndian(frame[5..]), width = BinaryPrimitives.ReadUInt16BigEndian(frame[7..]);
        if (height == 0 || width == 0)
            return null;
        // With several scans the coefficients of all components are held, two bytes each, until the last scan is in.
        var progressive = frame[1] is 0xC2 or 0xC6 or 0xCA or 0xCE;
        var held = progressive || components < frame[9] ? 2 * Samples(frame[10..(10 + 3 * frame[9])]) : 0;
        return orientation >= 5 ? new(height, width, held) : new(width, height, held);
    }

    /// <summary>Samples of all components for one pixel, rounded up: 3, or less where colours have a lower resolution.</summary>
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

    /// <summary>The orientation in the first directory of an EXIF block; 1 if there is none, -1 if it cannot be read here.</summary>
    private static int Orientation(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
            return -1;
        var little = tiff[0] == (byte)'I';
        var directory = Int32(tiff[4..], little);
        if (directory < 8 || directory > tiff.Length - 2)
            return -1;
        var count = Int16(tiff[directory..], little);
        for (var (i, entry) = (0, directory + 2); i < count; i++, entry += 12)
        {
            if (entry + 12 > tiff.Length)
                return -1;
            if (Int16(tiff[entry..], little) == OrientationTag)
                return Int16(tiff[(entry + 8)..], little) is var value and >= 1 and <= 8 ? value : 1;
        }
        return 1;
    }

    private static ushort Int16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static int Int32(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt32BigEndian(bytes);
}
