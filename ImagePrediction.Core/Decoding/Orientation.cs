using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>The EXIF orientation of a picture. No other code reads it, for any format or caller.</summary>
internal static class Orientation
{
    private const ushort Tag = 0x0112;

    /// <summary>1 (upright) to 8; 5 and above swap width and height. 1 if the file has no valid value.</summary>
    public static int Of(ReadOnlySpan<byte> file, ImageFormat format) => format switch
    {
        _ when format == ImageFormat.Jpeg => Of(JpegHead.Read(file).Exif),
        _ when format == ImageFormat.Png => Of(PngChunks.Find(file, "eXIf"u8)),
        _ when format == ImageFormat.WebP => Of(WebPChunk(file, "EXIF"u8)),
        _ when format == ImageFormat.Tiff => OfTiff(new(file)),
        _ => 1, // GIF has none, and AVIF is rotated by its decoder
    };

    private static int Of(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8))
            exif = exif[6..];
        var tiff = new TiffReader(exif);
        return Of(tiff.Integer(tiff.First, Tag));
    }

    /// <summary>The orientation of the selected page, or else of the first one.</summary>
    private static int OfTiff(TiffReader tiff) => Of(tiff.Integer(TiffPage.Of(tiff).Directory, Tag) ?? tiff.Integer(tiff.First, Tag));

    private static int Of(long? value) => value is >= 1 and <= 8 ? (int)value : 1;

    /// <summary>The content of a chunk of a RIFF file.</summary>
    private static ReadOnlySpan<byte> WebPChunk(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        for (long at = 12; at + 8 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file[(int)(at + 4)..]);
            if (file[(int)at..].StartsWith(name))
                return file[(int)(at + 8)..(int)Math.Min(file.Length, at + 8 + length)];
            at += 8L + length + (length & 1);
        }
        return [];
    }
}
