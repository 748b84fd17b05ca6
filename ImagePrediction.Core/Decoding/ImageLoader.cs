using ImagePrediction.Predictions;
using NetVips;

namespace ImagePrediction.Decoding;

/// <summary>Opens an encoded picture with the one loader that its first bytes call for.</summary>
public static class ImageLoader
{
    /// <summary>
    /// Where decoding gives up. <c>Error</c> refuses what is cut off or cannot be decoded, and still accepts the
    /// stray bytes and odd markers that cameras and editors leave, which libjpeg reports as warnings.
    /// </summary>
    private const Enums.FailOn Strictness = Enums.FailOn.Error;

    /// <summary>Reads the header; pixels are decoded from top to bottom when they are asked for, and only once.</summary>
    /// <param name="source">The encoded bytes. Must outlive the image.</param>
    /// <param name="format">An accepted format.</param>
    /// <param name="shrink">
    /// Makes the picture smaller by this factor while it is decoded: JPEG by 1, 2, 4 or 8, WebP by any; ignored by the others.
    /// </param>
    /// <exception cref="VipsException">The header is broken.</exception>
    public static Image Open(Source source, ImageFormat format, int shrink = 1)
    {
        LibVips.EnsureReady();
        const Enums.Access access = Enums.Access.Sequential;
        if (format == ImageFormat.Jpeg)
            return Image.JpegloadSource(source, shrink: shrink, access: access, failOn: Strictness);
        if (format == ImageFormat.Png)
            return Image.PngloadSource(source, access: access, failOn: Strictness);
        if (format == ImageFormat.WebP)
            return Image.WebploadSource(source, scale: 1.0 / shrink, access: access, failOn: Strictness);
        if (format == ImageFormat.Gif)
            return Image.GifloadSource(source, access: access, failOn: Strictness);
        if (format == ImageFormat.Tiff)
            return Image.TiffloadSource(source, access: access, failOn: Strictness);
        if (format == ImageFormat.Avif)
            return Image.HeifloadSource(source, access: access, failOn: Strictness);
        throw new ArgumentException($"{format.Name} is not an accepted format.", nameof(format));
    }

    /// <summary>The EXIF orientation, 1 (upright) to 8; 5 and above swap width and height.</summary>
    public static int Orientation(Image image) =>
        image.Contains("orientation") && image.Get("orientation") is int value and >= 1 and <= 8 ? value : 1;

    /// <summary>Turns what libvips said into what the client is told.</summary>
    public static ImageFaultException Fault(VipsException e) =>
        new(ErrorCodes.ImageCorrupt, "The image is damaged or cut off.", e);
}
