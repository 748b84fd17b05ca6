using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using NetVips;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Decodes a picture to upright 8-bit sRGB, no larger than its use needs.</summary>
public static class ImageDecoder
{
    /// <summary>
    /// How many source pixels a model pixel must still have, across and down, after shrinking while decoding. The reference
    /// samples the original, shrinking averages it, and the less is left the more that shows: 3 keeps verdict and score
    /// (see bench/MicroBenchmarks), 2 and below do not. Shrunken or not, a camera's photo is far from whole in memory.
    /// </summary>
    public const double MinRemaining = 3;

    /// <summary>
    /// No picture is shrunken by more than this: by 8, verdicts change on more than one photo in two hundred, and by 4
    /// even the largest that is accepted takes no more than 10 MB.
    /// </summary>
    public const int MaxShrink = 4;

    /// <summary>The largest power of two by which a picture may be made smaller before it is letterboxed.</summary>
    public static int Shrink(Letterbox box, double minRemaining = MinRemaining)
    {
        var spare = Math.Min(box.ScaleX, box.ScaleY) / minRemaining;
        return spare < 2 ? 1 : Math.Min(MaxShrink, 1 << (int)Math.Log2(spare));
    }

    /// <summary>Decodes a picture. Holds a few rows of it in memory where its format allows that, and the result.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="maxPixels">More than this, by the header, is refused before anything is decoded.</param>
    /// <param name="fit">Told the upright size, says how the picture will be letterboxed.</param>
    /// <param name="minRemaining">See <see cref="MinRemaining"/>; infinity decodes at full size.</param>
    /// <exception cref="ImageFaultException">Not an accepted format, corrupt, cut off, or too large.</exception>
    public static DecodedImage Decode(
        ReadOnlySpan<byte> encoded, long maxPixels, Func<int, int, Letterbox> fit, double minRemaining = MinRemaining)
    {
        LibVips.EnsureReady();
        var format = ImageFormat.Sniff(encoded);
        if (format is not { Accepted: true })
            throw new ImageFaultException(ErrorCodes.ImageCorrupt, $"This is no image of an accepted format{(format is null ? "" : $" but {format.Name}")}.");
        var header = default(ImageHeader);
        try
        {
            using var source = Source.NewFromMemory(encoded);
            var image = ImageLoader.Open(source, format);
            header = ImageHeader.Of(image, format);
            if (Fault(header, encoded, format, maxPixels) is { } fault)
            {
                image.Dispose();
                throw fault;
            }
            var box = fit(header.Width, header.Height);
            var shrink = Shrink(box, minRemaining);
            var whileLoading = format == ImageFormat.Jpeg || format == ImageFormat.WebP ? shrink : 1;
            if (whileLoading > 1)
            {
                image.Dispose();
                image = ImageLoader.Open(source, format, whileLoading);
            }
            using var upright = BoxShrink(image.OnWhite(), shrink / whileLoading).ToRgb().ToUpright();
            return DecodedImage.Of(upright, shrink, box);
        }
        catch (VipsException e)
        {
            throw e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
                ? new InsufficientMemoryException("There was no memory to decode the image.", e)
                : ImageLoader.Fault(e);
        }
        finally
        {
            header.Forget();
        }
    }

    private static ImageFaultException? Fault(ImageHeader header, ReadOnlySpan<byte> encoded, ImageFormat format, long maxPixels) =>
        header.Pixels > maxPixels || header.IsTooLong ? new(ErrorCodes.ImageTooLarge,
            $"{header.Width} × {header.Height} pixels are more than {maxPixels}, or than {ImageHeader.MaxSide} on a side.")
        : format == ImageFormat.Jpeg && header.BytesHeld > 0 && JpegScans.AreTooMany(encoded) ? new(ErrorCodes.ImageCorrupt,
            $"The JPEG has more than {JpegScans.Max} scans, which no camera or program makes.")
        : null;

    private static Image BoxShrink(Image image, int factor) =>
        factor == 1 ? image : image.Then(i => i.Shrink(factor, factor));
}
