using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using SkiaSharp;

namespace ImagePrediction.Api.Pictures;

/// <summary>Renders the annotated picture: upright, of moderate size, without any of the file's metadata.</summary>
public static class Annotator
{
    /// <summary>Maximum length of the result's longer side, in pixels.</summary>
    public const int MaxSide = 1600;

    private const int Quality = 85;

    /// <summary>Decodes a picture, shrinks it if it is large, and draws the detections into it.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="detections">By descending confidence, in pixels of the upright original.</param>
    /// <returns>A JPEG in sRGB.</returns>
    /// <exception cref="ImageFaultException">Not an accepted format, corrupt or truncated.</exception>
    public static byte[] Annotate(ReadOnlySpan<byte> encoded, IReadOnlyList<Detection> detections)
    {
        if (ImageFormat.Sniff(encoded) is not { Accepted: true } format)
            throw new ImageFaultException(ErrorCodes.ImageCorrupt, "This is not an image in an accepted format.");
        var header = ImageHeader.Read(encoded, format);
        var scale = Math.Min(1, (double)MaxSide / Math.Max(header.Width, header.Height));
        int width = Math.Max(1, (int)Math.Round(header.Width * scale)), height = Math.Max(1, (int)Math.Round(header.Height * scale));

        var spare = Math.Min(header.Width / width, header.Height / height);
        using var picture = Resize(ImageDecoder.Decode(encoded, format, header, spare >= 8 ? 8 : spare >= 4 ? 4 : spare >= 2 ? 2 : 1), width, height);
        DetectionPainter.Draw(picture, detections, (double)width / header.Width, (double)height / header.Height);

        using var plain = new SKPixmap(picture.Info.WithColorSpace(null), picture.GetPixels(), picture.RowBytes); // sRGB is the default and needs no profile
        // No chroma subsampling: a line is a few pixels wide.
        using var jpeg = plain.Encode(new SKJpegEncoderOptions(Quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore)) ?? throw ImageDecoder.NoMemory();
        return jpeg.ToArray();
    }

    private static SKBitmap Resize(SKBitmap picture, int width, int height)
    {
        if ((picture.Width, picture.Height) == (width, height))
            return picture;
        using (picture)
            return picture.Resize(picture.Info.WithSize(width, height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear))
                ?? throw ImageDecoder.NoMemory();
    }
}
