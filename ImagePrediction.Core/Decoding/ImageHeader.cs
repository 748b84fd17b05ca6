using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ImagePrediction.Decoding;

/// <summary>What a file's header says about its picture; no pixel has been decoded.</summary>
/// <param name="Width">Pixels across, of the upright picture (its EXIF orientation applied).</param>
/// <param name="Height">Pixels down, of the upright picture.</param>
/// <param name="Turn">The EXIF orientation, 1 (upright as it is stored) to 8.</param>
/// <param name="BytesHeld">What a decoder holds of every pixel at once, beside the picture at the size that is wanted; 0 where it goes from row to row.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageHeader(int Width, int Height, int Turn = 1, int BytesHeld = 0)
{
    /// <summary>
    /// No side may have more pixels, which is what JPEG can hold. A strip of fifty million pixels in one row is within every
    /// limit on their number, but later steps cannot handle such rows.
    /// </summary>
    public const int MaxSide = 65_535;

    private const int Small = 256 << 10; // to read such a file costs less than to map it

    /// <summary>True if a side has more than <see cref="MaxSide"/>.</summary>
    public bool IsTooLong => Math.Max(Width, Height) > MaxSide;

    /// <summary>How many pixels a decoder would have to make.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>How much memory a decoder takes, however small the file and whatever is wanted of the picture.</summary>
    public long DecoderBytes => Pixels * BytesHeld;

    /// <summary>Reads the header of a file.</summary>
    /// <param name="file">All of the file.</param>
    /// <param name="format">What <see cref="ImageFormat.Sniff"/> said it is; one of the accepted formats.</param>
    /// <exception cref="ImageFaultException">The header is broken, or asks for what is not supported.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageFormat format)
    {
        var (width, height, held) = ImageDecoder.IsSkias(format) ? SkiaDecoder.Measure(file, format) : VipsDecoder.Measure(file, format);
        var turn = Orientation.Of(file, format);
        return turn >= 5 ? new(height, width, turn, held) : new(width, height, turn, held);
    }

    /// <summary>Reads the header of a file that nobody writes to any more.</summary>
    /// <exception cref="ImageFaultException">The header is broken, or asks for what is not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static unsafe ImageHeader Read(string path, ImageFormat format)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = checked((int)RandomAccess.GetLength(handle));
        if (length <= Small)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                return Read(buffer.AsSpan(0, RandomAccess.Read(handle, buffer.AsSpan(0, length), 0)), format);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        using var file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* bytes = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
        try
        {
            return Read(new ReadOnlySpan<byte>(bytes, length), format);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
