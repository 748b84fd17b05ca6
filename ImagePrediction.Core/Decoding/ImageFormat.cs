using System.Buffers.Binary;

namespace ImagePrediction.Decoding;

/// <summary>A file format, recognized by its first bytes, never by the file name or the media type that the client states.</summary>
/// <param name="Name">The common name, such as <c>JPEG</c>.</param>
/// <param name="MediaType">The IANA media type.</param>
/// <param name="Advice">Null for an accepted format; otherwise what to do instead, as a clause: <c>save it as JPEG</c>.</param>
public sealed record ImageFormat(string Name, string MediaType, string? Advice = null)
{
    /// <summary>Maximum number of leading bytes that <see cref="Sniff"/> examines.</summary>
    public const int HeadBytes = 512;

    /// <summary>True if the worker decodes this format.</summary>
    public bool Accepted => Advice is null;

    /// <summary>The file name extension, without the dot: <c>jpg</c>.</summary>
    public string Extension => this == Jpeg ? "jpg" : Name.ToLowerInvariant();

    public static readonly ImageFormat Jpeg = new("JPEG", "image/jpeg");
    public static readonly ImageFormat Png = new("PNG", "image/png");
    public static readonly ImageFormat WebP = new("WebP", "image/webp");
    public static readonly ImageFormat Gif = new("GIF", "image/gif");
    public static readonly ImageFormat Tiff = new("TIFF", "image/tiff");
    public static readonly ImageFormat Avif = new("AVIF", "image/avif");

    public static readonly ImageFormat Heic = new("HEIC", "image/heic", "save it as JPEG");
    public static readonly ImageFormat JpegXl = new("JPEG XL", "image/jxl", "save it as JPEG");
    public static readonly ImageFormat Jpeg2000 = new("JPEG 2000", "image/jp2", "save it as JPEG");
    public static readonly ImageFormat Bmp = new("BMP", "image/bmp", "save it as PNG");
    public static readonly ImageFormat Icon = new("ICO", "image/vnd.microsoft.icon", "save it as PNG");
    public static readonly ImageFormat Photoshop = new("PSD", "image/vnd.adobe.photoshop", "export it as JPEG");
    public static readonly ImageFormat CameraRaw = new("camera raw", "image/x-raw", "export it as JPEG");
    public static readonly ImageFormat Svg = new("SVG", "image/svg+xml", "it is a drawing, not a photo");
    public static readonly ImageFormat Pdf = new("PDF", "application/pdf", "export the page as JPEG");
    public static readonly ImageFormat Video = new("video", "video/mp4", "send a single frame as JPEG");
    public static readonly ImageFormat Zip = new("ZIP", "application/zip", "send the photos one by one");

    /// <summary>The formats that are decoded, in the order in which help texts name them.</summary>
    public static IReadOnlyList<ImageFormat> AcceptedFormats { get; } = [Jpeg, Png, WebP, Gif, Tiff, Avif];

    /// <summary>The accepted format that has this media type; null if none has.</summary>
    public static ImageFormat? Of(string mediaType) => AcceptedFormats.FirstOrDefault(format => format.MediaType == mediaType);

    /// <summary>Names the format of a file by its first bytes.</summary>
    /// <param name="head">The first bytes of the file; <see cref="HeadBytes"/> are enough, fewer are fine.</param>
    /// <returns>The format, accepted or not; null if it is unknown.</returns>
    public static ImageFormat? Sniff(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xD8, 0xFF, ..] => Jpeg,
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebP,
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => Gif,
        [(byte)'I', (byte)'I', 0x2A, 0, _, _, _, _, (byte)'C', (byte)'R', ..] => CameraRaw,
        [(byte)'I', (byte)'I', (byte)'U', 0, ..] or [(byte)'I', (byte)'I', (byte)'R', (byte)'O' or (byte)'S', ..] or [(byte)'M', (byte)'M', (byte)'O', (byte)'R', ..] => CameraRaw,
        [(byte)'F', (byte)'U', (byte)'J', (byte)'I', (byte)'F', (byte)'I', (byte)'L', (byte)'M', (byte)'C', (byte)'C', (byte)'D', ..] => CameraRaw,
        [(byte)'I', (byte)'I', 0x2A or 0x2B, 0, ..] or [(byte)'M', (byte)'M', 0, 0x2A or 0x2B, ..] => Tiff,
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => SniffIsoMedia(head),
        [0xFF, 0x0A, ..] or [0, 0, 0, 0x0C, (byte)'J', (byte)'X', (byte)'L', (byte)' ', ..] => JpegXl,
        [0, 0, 0, 0x0C, (byte)'j', (byte)'P', (byte)' ', (byte)' ', ..] => Jpeg2000,
        [(byte)'B', (byte)'M', ..] => Bmp,
        [0, 0, 1, 0, ..] => Icon,
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => Photoshop,
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => Pdf,
        [(byte)'P', (byte)'K', 3, 4, ..] => Zip,
        _ => Limit(head).IndexOf("<svg"u8) >= 0 ? Svg : null,
    };

    /// <summary>AVIF and HEIC share a container (ISO/IEC 23008-12); the brands in its first box tell them apart.</summary>
    private static ImageFormat SniffIsoMedia(ReadOnlySpan<byte> head)
    {
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(head), (uint)Limit(head).Length);
        var heic = false;
        for (var at = 8; at + 4 <= length; at += at == 8 ? 8 : 4) // the word after the major brand is its version
        {
            var brand = head.Slice(at, 4);
            if (brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8))
                return Avif;
            if (brand.SequenceEqual("crx "u8))
                return CameraRaw;
            heic |= brand.StartsWith("he"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8);
        }
        return heic ? Heic : Video;
    }

    private static ReadOnlySpan<byte> Limit(ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, HeadBytes)];
}
