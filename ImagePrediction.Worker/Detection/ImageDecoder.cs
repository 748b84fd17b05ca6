using ImagePrediction.Images;
using NetVips;

namespace ImagePrediction.Worker.Detection;

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
        try
        {
            using var source = Source.NewFromMemory(encoded);
            var image = ImageLoader.Open(source, format);
            var header = ImageHeader.Of(image);
            if (header.Pixels > maxPixels)
            {
                image.Dispose();
                throw new ImageFaultException(ErrorCodes.ImageTooLarge, $"{header.Width} × {header.Height} pixels are more than {maxPixels}.");
            }
            var box = fit(header.Width, header.Height);
            var shrink = Shrink(box, minRemaining);
            var whileLoading = format == ImageFormat.Jpeg || format == ImageFormat.WebP ? shrink : 1;
            if (whileLoading > 1)
            {
                image.Dispose();
                image = ImageLoader.Open(source, format, whileLoading);
            }
            using var upright = Upright(ToRgb(BoxShrink(Flatten(image), shrink / whileLoading)));
            return DecodedImage.Of(upright, shrink, box);
        }
        catch (VipsException e)
        {
            throw e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
                ? new InsufficientMemoryException("There was no memory to decode the image.", e)
                : ImageLoader.Fault(e);
        }
    }

    /// <summary>Transparent pixels show what most viewers show behind them: white.</summary>
    private static Image Flatten(Image image)
    {
        if (!image.HasAlpha())
            return image;
        var white = image.Interpretation == Enums.Interpretation.Cmyk ? 0 : image.Format == Enums.BandFormat.Ushort ? 65535 : 255;
        return Then(image, i => i.Flatten(background: [white]));
    }

    private static Image BoxShrink(Image image, int factor) =>
        factor == 1 ? image : Then(image, i => i.Shrink(factor, factor));

    private static Image ToRgb(Image image)
    {
        if (HasForeignProfile(image))
            image = Then(image, FromProfile);
        if (image.Interpretation != Enums.Interpretation.Srgb || image.Bands != 3)
            image = Then(image, ToThreeBands);
        return image.Format == Enums.BandFormat.Uchar ? image : Then(image, i => i.Cast(Enums.BandFormat.Uchar));
    }

    /// <summary>A colour profile other than sRGB itself, which by far most photos carry and which needs no conversion.</summary>
    private static bool HasForeignProfile(Image image) =>
        image.Contains("icc-profile-data") && image.Get("icc-profile-data") is byte[] profile
        && profile.AsSpan().IndexOf("sRGB"u8) < 0 && profile.AsSpan().IndexOf("s\0R\0G\0B"u8) < 0;

    /// <summary>Colours as the profile means them; a profile that makes no sense is ignored, as viewers do.</summary>
    private static Image FromProfile(Image image)
    {
        try
        {
            return image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: 8);
        }
        catch (VipsException)
        {
            return image.Copy();
        }
    }

    private static Image ToThreeBands(Image image)
    {
        if (image.Interpretation == Enums.Interpretation.Multiband)
            return image.Bands >= 3 ? image.ExtractBand(0, n: 3) : image.ExtractBand(0).Bandjoin(image.ExtractBand(0), image.ExtractBand(0));
        var rgb = image.Colourspace(Enums.Interpretation.Srgb);
        return rgb.Bands == 3 ? rgb : Then(rgb, i => i.ExtractBand(0, n: 3));
    }

    /// <summary>Turned after shrinking, in memory: libvips would otherwise have to hold the whole original to turn it.</summary>
    private static Image Upright(Image image) =>
        ImageLoader.Orientation(image) == 1 ? image : Then(Then(image, i => i.CopyMemory()), i => i.Autorot());

    /// <summary>The next step of a pipeline; the step before is let go, libvips keeps what it still needs.</summary>
    private static Image Then(Image image, Func<Image, Image> step)
    {
        using (image)
            return step(image);
    }
}
