using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>
/// Reads integers from the directories of a TIFF or BigTIFF file (TIFF 6.0, section 2); an EXIF block has the same format.
/// Anything that points outside the file counts as absent.
/// </summary>
internal readonly ref struct TiffReader
{
    private const int MaxEntries = 1000;

    private readonly ReadOnlySpan<byte> _file;
    private readonly bool _little;
    private readonly bool _big; // BigTIFF: offsets and counts of eight bytes

    /// <summary>Takes the file, starting at its byte order mark.</summary>
    public TiffReader(ReadOnlySpan<byte> file)
    {
        _file = file;
        _little = file.StartsWith("II"u8);
        _big = Number(2, 2) == 43;
        First = _little || file.StartsWith("MM"u8) ? Number(_big ? 8 : 4, Offset) : 0;
    }

    /// <summary>Offset of the first directory; 0 if there is none.</summary>
    public long First { get; }

    private int Offset => _big ? 8 : 4;

    private int Entry => 4 + 2 * Offset;

    private int Head => _big ? 8 : 2;

    /// <summary>Offset of the next directory; 0 if there is none.</summary>
    public long Next(long directory) => Number(directory + Head + Number(directory, Head) * Entry, Offset);

    /// <summary>A value of a tag, of any integer type; null if there is none.</summary>
    public long? Integer(long directory, ushort tag, int index = 0)
    {
        var count = directory <= 0 ? 0 : Math.Min(MaxEntries, Number(directory, Head));
        for (var (i, entry) = (0, directory + Head); i < count; i++, entry += Entry)
        {
            if (Number(entry, 2) != tag)
                continue;
            var size = Number(entry + 2, 2) switch { 1 or 6 => 1, 3 or 8 => 2, 4 or 9 or 13 => 4, 16 or 17 or 18 => 8, _ => 0 };
            var values = Number(entry + 4, Offset);
            if (size == 0 || index >= values)
                return null;
            var at = entry + 4 + Offset;
            return Number((size * values <= Offset ? at : Number(at, Offset)) + index * size, size);
        }
        return null;
    }

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes; 0 if it is outside the file, or too large for an offset.</summary>
    private long Number(long at, int size)
    {
        if (at < 0 || at > _file.Length - size)
            return 0;
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        _file.Slice((int)at, size).CopyTo(_little ? bytes : bytes[(8 - size)..]);
        return Math.Max(0, _little ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : BinaryPrimitives.ReadInt64BigEndian(bytes));
    }
}
