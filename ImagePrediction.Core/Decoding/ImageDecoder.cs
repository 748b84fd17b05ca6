using System.Runtime.InteropServices;
using ImagePrediction.Predictions;
using SkiaSharp;

namespace ImagePrediction.Decoding;

/// <summary>Decodes a picture to what a person would see of it: upright, in 8-bit sRGB, on white where it is transparent.</summary>
public static class ImageDecoder
{
    private const long Much = 64 << 20;

    /// <summary>Loads the native libraries, so that the first picture does not wait for it; later calls cost nothing.</summary>
    /// <exception cref="Exception">A native library is missing for this platform.</exception>
    public static void EnsureReady()
    {
        VipsDecoder.EnsureReady();
        SkiaDecoder.Allocate(1, 1).Dispose();
    }

    /// <summary>Decodes a picture, in memory for as long as it is not disposed.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="format">What <see cref="ImageFormat.Sniff"/> said it is; one of the accepted formats.</param>
    /// <param name="header">Its header.</param>
    /// <param name="shrink">1, 2, 4 or 8: makes it so many times smaller, across and down, where possible while it is decoded.</param>
    /// <returns>RGBA, 8 bits each, without gaps; opaque, whatever the fourth byte says.</returns>
    /// <exception cref="ImageFaultException">Its pixels are damaged or cut off.</exception>
    /// <exception cref="InsufficientMemoryException">There was no memory for it.</exception>
    public static SKBitmap Decode(ReadOnlySpan<byte> encoded, ImageFormat format, ImageHeader header, int shrink = 1)
    {
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

    /// <summary>What is thrown where memory does not suffice.</summary>
    public static Exception NoMemory(Exception? inner = null) => new InsufficientMemoryException("There was not enough memory for the image.", inner);

    internal static ImageFaultException Unsupported(string what) => new(ErrorCodes.ImageUnsupported, what);

    internal static ImageFaultException Hdr(ImageFormat format) => Unsupported($"{format.Name} with HDR colours (PQ or HLG): save it for ordinary screens (SDR)");

    /// <summary>Turns a picture as its EXIF orientation says.</summary>
    private static SKBitmap Upright(SKBitmap stored, int turn)
    {
        if (turn == 1)
            return stored;
        using var _ = stored;
        int width = stored.Width, height = stored.Height;
        // Where the first pixel of the upright picture is stored, and how far it is from there to the next, across and down.
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
