using System.Globalization;
using System.Runtime.InteropServices;
using ImagePrediction.Predictions;
using NetVips;

namespace ImagePrediction.Decoding;

/// <summary>What a file's header says about its picture; no pixel has been decoded.</summary>
/// <param name="Width">Pixels across, of the upright picture (its EXIF orientation applied).</param>
/// <param name="Height">Pixels down, of the upright picture.</param>
/// <param name="BytesHeld">What a decoder holds of every pixel at once; 0 where it goes from row to row.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageHeader(int Width, int Height, int BytesHeld = 0)
{
    /// <summary>
    /// No side may have more pixels, which is what JPEG can hold. A strip of fifty million pixels in one row is within every
    /// limit on their number, but no step from here on is made for such a row.
    /// </summary>
    public const int MaxSide = 65_535;

    /// <summary>True if a side has more than <see cref="MaxSide"/>.</summary>
    public bool IsTooLong => Math.Max(Width, Height) > MaxSide;

    /// <summary>How many pixels a decoder would have to make.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>How much memory a decoder takes, however small the file and whatever is wanted of the picture.</summary>
    public long DecoderBytes => Pixels * BytesHeld;

    private bool TakesMuch => DecoderBytes > 64 << 20;

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
            return Of(image, format);
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

    /// <summary>What is known of an opened image.</summary>
    public static ImageHeader Of(Image image, ImageFormat format) => ImageLoader.Orientation(image) >= 5
        ? new(image.Height, image.Width, Held(image, format))
        : new(image.Width, image.Height, Held(image, format));

    /// <summary>
    /// Gives what the process has kept for next time back to the system, the managed heap's as well, where a decoder is about
    /// to need much. It stops all threads meanwhile: for 5 to 20 ms, as far as seen.
    /// </summary>
    public void MakeRoom()
    {
        if (!TakesMuch)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    /// <summary>Gives the memory of a decoder back to the system, once its picture has been let go, where there was much.</summary>
    public void Forget()
    {
        if (TakesMuch)
            NativeHeap.Trim();
    }

    /// <summary>Measured with the decoders that libvips comes with, and rounded up.</summary>
    private static int Held(Image image, ImageFormat format)
    {
        if (format == ImageFormat.Tiff && image.Contains("tile-height"))
            return RowsOfTiles(image);
        var interlaced = image.Contains("interlaced"); // progressive, of a JPEG
        var bytes = image.Format == Enums.BandFormat.Ushort ? 2 : 1;
        if (format == ImageFormat.Avif)
            return bytes == 1 ? 18 : 25;
        if (format == ImageFormat.Gif)
            return 6;
        if (format == ImageFormat.WebP)
            return 5; // if it is lossless
        return !interlaced ? 0 : format == ImageFormat.Jpeg ? 2 * image.Bands : bytes * image.Bands;
    }

    /// <summary>Two rows of a TIFF's tiles, which are as large as it says, whatever of them the picture fills; of each of its pixels.</summary>
    private static int RowsOfTiles(Image image)
    {
        long width = Convert.ToInt64(image.Get("tile-width"), CultureInfo.InvariantCulture), height = Convert.ToInt64(image.Get("tile-height"), CultureInfo.InvariantCulture);
        var bytes = image.Format switch
        {
            Enums.BandFormat.Uchar or Enums.BandFormat.Char => 1,
            Enums.BandFormat.Ushort or Enums.BandFormat.Short => 2,
            Enums.BandFormat.Uint or Enums.BandFormat.Int or Enums.BandFormat.Float => 4,
            _ => 16,
        };
        var across = (image.Width + width - 1) / width * width;
        return (int)Math.Min(int.MaxValue, Math.Ceiling(2.0 * across * height * image.Bands * bytes / ((double)image.Width * image.Height)));
    }
}
