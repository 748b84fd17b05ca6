using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using NetVips;

namespace ImagePrediction.Api.Pictures;

/// <summary>Makes the picture that shows what was found: upright, of moderate size, without anything of the file's metadata.</summary>
public static class Annotator
{
    /// <summary>The longer side of what is made, at most.</summary>
    public const int MaxSide = 1600;

    private const int Quality = 85;

    /// <summary>Decodes a picture, makes it smaller where it is large, and draws the detections into it.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="detections">In the order of falling confidence, in pixels of the upright original.</param>
    /// <returns>A JPEG in sRGB.</returns>
    /// <exception cref="ImageFaultException">Not an accepted format, corrupt or cut off.</exception>
    public static byte[] Annotate(ReadOnlySpan<byte> encoded, IReadOnlyList<Detection> detections)
    {
        LibVips.EnsureReady();
        if (ImageFormat.Sniff(encoded) is not { Accepted: true } format)
            throw new ImageFaultException(ErrorCodes.ImageCorrupt, "This is no image of an accepted format.");
        var original = default(ImageHeader);
        try
        {
            using var source = Source.NewFromMemory(encoded);
            var image = ImageLoader.Open(source, format);
            original = ImageHeader.Of(image, format);
            original.MakeRoom();
            var scale = Math.Min(1, (double)MaxSide / Math.Max(original.Width, original.Height));
            if (WhileLoading(format, scale, original) is var shrink and > 1)
            {
                image.Dispose();
                image = ImageLoader.Open(source, format, shrink);
            }
            using var upright = Scale(image.OnWhite(), original, scale).ToRgb().ToUpright();
            using var drawn = BoxPainter.Draw(upright, detections,
                (double)upright.Width / original.Width, (double)upright.Height / original.Height);
            // Colours at full resolution: a line is a few pixels wide.
            return drawn.JpegsaveBuffer(q: Quality, optimizeCoding: true, subsampleMode: Enums.ForeignSubsample.Off, keep: Enums.ForeignKeep.None);
        }
        catch (VipsException e)
        {
            throw ImageLoader.Fault(e);
        }
        finally
        {
            original.Forget();
        }
    }

    /// <summary>By how much the decoder itself makes it smaller, which leaves at least the size that is wanted, and a pixel.</summary>
    private static int WhileLoading(ImageFormat format, double scale, ImageHeader original)
    {
        var spare = (int)Math.Min(1 / scale, Math.Min(original.Width, original.Height));
        return format == ImageFormat.WebP ? spare
            : format != ImageFormat.Jpeg ? 1
            : spare >= 8 ? 8 : spare >= 4 ? 4 : spare >= 2 ? 2 : 1;
    }

    /// <summary>To the scaled size of the original, to the pixel; it may have been made smaller on the way here, and is not yet upright.</summary>
    private static Image Scale(Image image, ImageHeader original, double scale)
    {
        int width = Math.Max(1, (int)Math.Round(original.Width * scale)), height = Math.Max(1, (int)Math.Round(original.Height * scale));
        if (ImageLoader.Orientation(image) >= 5)
            (width, height) = (height, width);
        return image.Width == width && image.Height == height ? image
            : image.Then(i => i.Resize((double)width / i.Width, vscale: (double)height / i.Height));
    }
}
