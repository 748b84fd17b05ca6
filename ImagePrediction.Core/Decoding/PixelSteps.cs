using NetVips;

namespace ImagePrediction.Decoding;

/// <summary>
/// The steps from whatever libvips decoded to 8-bit sRGB without transparency. Each lets go of the image that it
/// is given, so that a chain of them is disposed of by disposing its result; libvips keeps what it still needs.
/// </summary>
internal static class PixelSteps
{
    /// <summary>The next step of a pipeline.</summary>
    public static Image Then(this Image image, Func<Image, Image> step)
    {
        using (image)
            return step(image);
    }

    /// <summary>Transparent pixels show what most viewers show behind them: white.</summary>
    public static Image OnWhite(this Image image)
    {
        if (!image.HasAlpha())
            return image;
        var white = image.Interpretation == Enums.Interpretation.Cmyk ? 0 : image.Format == Enums.BandFormat.Ushort ? 65535 : 255;
        return image.Then(i => i.Flatten(background: [white]));
    }

    /// <summary>Three bands of 8 bits, in sRGB: colours as an embedded profile means them.</summary>
    public static Image ToRgb(this Image image)
    {
        if (image.Contains(VipsDecoder.Profile))
            image = image.Then(FromProfile);
        if (image.Interpretation != Enums.Interpretation.Srgb || image.Bands != 3)
            image = image.Then(ToThreeBands);
        return image.Format == Enums.BandFormat.Uchar ? image : image.Then(i => i.Cast(Enums.BandFormat.Uchar));
    }

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
        return rgb.Bands == 3 ? rgb : rgb.Then(i => i.ExtractBand(0, n: 3));
    }
}
