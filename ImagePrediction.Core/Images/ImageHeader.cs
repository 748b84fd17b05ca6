using System.Runtime.InteropServices;
using NetVips;

namespace ImagePrediction.Images;

/// <summary>What a file's header says about its picture; no pixel has been decoded.</summary>
/// <param name="Width">Pixels across, of the upright picture (its EXIF orientation applied).</param>
/// <param name="Height">Pixels down, of the upright picture.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageHeader(int Width, int Height)
{
    /// <summary>How many pixels a decoder would have to make.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Reads the header of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">What <see cref="ImageFormat.Sniff"/> said it is; one of the accepted formats.</param>
    /// <exception cref="ImageFaultException">The header is broken; <see cref="ErrorCodes.ImageCorrupt"/>.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ImageHeader Read(string path, ImageFormat format)
    {
        if (format == ImageFormat.Jpeg && JpegHeader.TryRead(path) is { } header)
            return header;
        try
        {
            using var source = Source.NewFromFile(path);
            using var image = ImageLoader.Open(source, format);
            return Of(image);
        }
        catch (VipsException e) when (File.Exists(path))
        {
            throw ImageLoader.Fault(e);
        }
        catch (VipsException e)
        {
            throw new FileNotFoundException("The image file is gone.", path, e);
        }
    }

    /// <summary>The upright size of an opened image.</summary>
    public static ImageHeader Of(Image image) =>
        ImageLoader.Orientation(image) >= 5 ? new(image.Height, image.Width) : new(image.Width, image.Height);
}
