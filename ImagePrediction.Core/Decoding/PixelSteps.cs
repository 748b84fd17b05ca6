using NetVips;

namespace ImagePrediction.Decoding;

/// <summary>
/// The steps from a decoded libvips image to 8-bit sRGB without transparency. Each disposes its input, so that
/// disposing the result disposes a whole chain of them; libvips keeps what it still needs.
/// </summary>
internal static class PixelSteps
{
    /// <summary>Applies a step and disposes its input.</summary>
    public static Image Then(this Image image, Func<Image, Image> step)
    {
        using (image)
            return step(image);
    }

    /// <summary>Flattens transparency onto white, as most viewers do.</summary>
    public static Image OnWhite(this Image image)
    {
        if (!image.HasAlpha())
            return image;
        var white = image.Interpretation == Enums.Interpretation.Cmyk ? 0 : image.Format == Enums.BandFormat.Ushort ? 65535 : 255;
        return image.Then(i => i.Flatten(background: [white]));
    }

    /// <summary>Converts to three 8-bit bands in sRGB, applying an embedded profile.</summary>
    public static Image ToRgb(this Image image)
    {
        if (image.Contains(VipsDecoder.Profile))
            image = image.Then(FromProfile);
        if (image.Interpretation != Enums.Interpretation.Srgb || image.Bands != 3)
            image = image.Then(ToThreeBands);
        return image.Format == Enums.BandFormat.Uchar ? image : image.Then(i => i.Cast(Enums.BandFormat.Uchar));
    }

    /// <summary>Applies the embedded profile; an invalid one is ignored, as viewers do.</summary>
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
        return rgb.Bands == 3 ? rgb : rgb.Then(i => i.ExtractBand(0, n: 3));
    }
}
