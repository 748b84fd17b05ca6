using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ImagePrediction.Decoding;

/// <summary>What a file's header says about its picture; no pixel has been decoded.</summary>
/// <param name="Width">Width in pixels of the upright picture (its EXIF orientation applied).</param>
/// <param name="Height">Height in pixels of the upright picture.</param>
/// <param name="Turn">The EXIF orientation, 1 (upright as it is stored) to 8.</param>
/// <param name="BytesHeld">Bytes per pixel that a decoder holds for the whole picture, besides its output; 0 if it decodes row by row.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageHeader(int Width, int Height, int Turn = 1, int BytesHeld = 0)
{
    /// <summary>
    /// Maximum pixels per side, as in JPEG. A strip of fifty million pixels in one row is within every limit on the number of
    /// pixels, but later steps cannot handle such rows.
    /// </summary>
    public const int MaxSide = 65_535;

    private const int Small = 256 << 10; // reading such a file costs less than mapping it

    /// <summary>True if a side is longer than <see cref="MaxSide"/>.</summary>
    public bool IsTooLong => Math.Max(Width, Height) > MaxSide;

    /// <summary>Number of pixels to decode.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Bytes of memory that a decoder needs, however small the file and the requested size.</summary>
    public long DecoderBytes => Pixels * BytesHeld;

    /// <summary>Reads the header of a file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="format">The result of <see cref="ImageFormat.Sniff"/>; one of the accepted formats.</param>
    /// <exception cref="ImageFaultException">The header is broken, or requires an unsupported feature.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageFormat format)
    {
        var (width, height, held) = ImageDecoder.IsSkias(format) ? SkiaDecoder.Measure(file, format) : VipsDecoder.Measure(file, format);
        var turn = Orientation.Of(file, format);
        return turn >= 5 ? new(height, width, turn, held) : new(width, height, turn, held);
    }

    /// <summary>Reads the header of a file that is no longer being written.</summary>
    /// <exception cref="ImageFaultException">The header is broken, or requires an unsupported feature.</exception>
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
