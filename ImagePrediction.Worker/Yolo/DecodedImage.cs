using System.Runtime.InteropServices;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using SkiaSharp;

namespace ImagePrediction.Worker.Yolo;

/// <summary>An upright picture, decoded no larger than the model needs.</summary>
/// <param name="Pixels">RGBA, opaque, without row padding.</param>
/// <param name="Box">Where the original is placed in the model's input.</param>
/// <param name="Shrink">The factor by which width and height were reduced during decoding.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DecodedImage(SKBitmap Pixels, Letterbox Box, int Shrink) : IDisposable
{
    /// <summary>Decodes a picture for a model.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="maxPixels">A picture whose header declares more pixels is rejected before decoding.</param>
    /// <param name="input">The model's input.</param>
    /// <param name="minRemaining">See <see cref="Letterbox.MinRemaining"/>; infinity decodes at full size.</param>
    /// <exception cref="ImageFaultException">The picture is not in an accepted format, corrupt, truncated, or too large.</exception>
    public static DecodedImage Decode(ReadOnlySpan<byte> encoded, long maxPixels, InputShape input, double minRemaining = Letterbox.MinRemaining)
    {
        var format = ImageFormat.Sniff(encoded);
        if (format is not { Accepted: true })
            throw new ImageFaultException(ErrorCodes.ImageCorrupt, $"This is not an image in an accepted format{(format is null ? "" : $" but {format.Name}")}.");
        var header = ImageHeader.Read(encoded, format);
        if (header.Pixels > maxPixels || header.IsTooLong)
            throw new ImageFaultException(ErrorCodes.ImageTooLarge,
                $"{header.Width} × {header.Height} pixels are more than {maxPixels}, or than {ImageHeader.MaxSide} on a side.");
        var box = Letterbox.Fit(header.Width, header.Height, input);
        var shrink = box.Shrink(minRemaining);
        return new(ImageDecoder.Decode(encoded, format, header, shrink), box, shrink);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => Pixels.Dispose();
}
