using System.Runtime.InteropServices;
using ImagePrediction.Predictions;
using SkiaSharp;

namespace ImagePrediction.Decoding;

/// <summary>Decodes a picture as a person would see it: upright, in 8-bit sRGB, on white where it is transparent.</summary>
public static class ImageDecoder
{
    private const long Much = 64 << 20, VeryMuch = 128 << 20;

    /// <summary>Loads the native libraries, so that the first picture need not wait for them; later calls cost nothing.</summary>
    /// <exception cref="Exception">A native library is missing for this platform.</exception>
    public static void EnsureReady()
    {
        VipsDecoder.EnsureReady();
        SkiaDecoder.Allocate(1, 1).Dispose();
    }

    /// <summary>Decodes a picture into memory that is held until the result is disposed.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="format">The result of <see cref="ImageFormat.Sniff"/>; one of the accepted formats.</param>
    /// <param name="header">Its header.</param>
    /// <param name="shrink">1, 2, 4 or 8: the factor by which width and height are reduced, during decoding where possible.</param>
    /// <returns>RGBA, 8 bits each, without row padding; opaque, whatever the alpha byte says.</returns>
    /// <exception cref="ImageFaultException">The pixel data is damaged or truncated.</exception>
    /// <exception cref="InsufficientMemoryException">There was not enough memory.</exception>
    public static SKBitmap Decode(ReadOnlySpan<byte> encoded, ImageFormat format, ImageHeader header, int shrink = 1)
    {
        // Free memory of the managed heap goes back to the system first: it would come on top of what a very large picture needs.
        if (header.DecoderBytes > VeryMuch)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            return Upright(IsSkias(format) ? SkiaDecoder.Decode(encoded, format, shrink) : VipsDecoder.Decode(encoded, format, shrink), header.Turn);
        }
        finally
        {
            if (header.DecoderBytes > Much)
                NativeHeap.Trim();
        }
    }

    internal static bool IsSkias(ImageFormat format) => format != ImageFormat.Tiff && format != ImageFormat.Avif;

    internal static ImageFaultException Broken(Exception? inner = null) => new(ErrorCodes.ImageCorrupt, "The image is damaged or cut off.", inner);

    /// <summary>The exception to throw when memory does not suffice.</summary>
    public static Exception NoMemory(Exception? inner = null) => new InsufficientMemoryException("There was not enough memory for the image.", inner);

    internal static ImageFaultException Unsupported(string what) => new(ErrorCodes.ImageUnsupported, what);

    internal static ImageFaultException Hdr(ImageFormat format) => Unsupported($"{format.Name} with HDR colours (PQ or HLG): save it for ordinary screens (SDR)");

    /// <summary>Applies the EXIF orientation.</summary>
    private static SKBitmap Upright(SKBitmap stored, int turn)
    {
        if (turn == 1)
            return stored;
        using var _ = stored;
        int width = stored.Width, height = stored.Height;
        // Index of the upright picture's first pixel in the stored one, and the steps from there to the next pixel, across and down.
        var (first, across, down) = turn switch
        {
            2 => (width - 1, -1, width),
            3 => (width * height - 1, -1, -width),
            4 => (width * (height - 1), 1, -width),
            5 => (0, width, 1),
            6 => (width * (height - 1), -width, 1),
            7 => (width * height - 1, -width, -1),
            _ => (width - 1, width, -1),
        };
        var upright = SkiaDecoder.Allocate(turn >= 5 ? height : width, turn >= 5 ? width : height);
        var source = MemoryMarshal.Cast<byte, uint>(stored.GetPixelSpan());
        var target = MemoryMarshal.Cast<byte, uint>(upright.GetPixelSpan());
        for (var (y, at) = (0, 0); y < upright.Height; y++)
            for (var (x, from) = (0, first + y * down); x < upright.Width; x++, from += across)
                target[at++] = source[from];
        return upright;
    }
}
