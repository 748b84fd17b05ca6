using System.Runtime.InteropServices;
using SkiaSharp;

namespace ImagePrediction.Decoding;

/// <summary>Decodes JPEG, PNG, WebP and GIF with Skia, whose decoders browsers use as well.</summary>
internal static unsafe class SkiaDecoder
{
    private const byte Pq = 16, Hlg = 18; // transfer characteristics of ITU-T H.273
    private static readonly SKColorSpace Srgb = SKColorSpace.CreateSrgb();

    /// <summary>Width and height as stored, and the bytes per pixel held while decoding.</summary>
    public static (int Width, int Height, int BytesHeld) Measure(ReadOnlySpan<byte> file, ImageFormat format)
    {
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data) ?? throw ImageDecoder.Broken();
            var info = codec.Info;
            // Not disposed: sRGB is a process-wide singleton.
            return !IsHdr(info.ColorSpace) && !(format == ImageFormat.Png && PngChunks.Find(file, "cICP"u8) is [_, Pq or Hlg, ..])
                ? (info.Width, info.Height, Held(file, format)) : throw ImageDecoder.Hdr(format);
        }
    }

    /// <summary>True for HDR colours (PQ and HLG): no numerical transfer function whose range ends at white describes them.</summary>
    public static bool IsHdr(SKColorSpace? colours) => colours?.GetNumericalTransferFunction(out _) == false;

    /// <summary>Decodes the picture, or the first of several, as stored.</summary>
    public static SKBitmap Decode(ReadOnlySpan<byte> encoded, ImageFormat format, int shrink)
    {
        var isJpeg = format == ImageFormat.Jpeg;
        var whileDecoding = isJpeg || format == ImageFormat.WebP ? shrink : 1;
        var (picture, result) = Decode(encoded, 1f / whileDecoding);
        // Skia decodes a truncated progressive JPEG to a coarse picture and reports success.
        if (result == SKCodecResult.Success && isJpeg && JpegHead.Read(encoded).BytesHeld > 0 && !JpegHead.HasEnd(encoded))
            result = SKCodecResult.IncompleteInput;
        if (result == SKCodecResult.Success)
            return Shrink(picture, shrink / whileDecoding);
        picture.Dispose();
        if (isJpeg && result == SKCodecResult.IncompleteInput)
            return WithEnd(encoded, 1f / whileDecoding);
        throw (result == SKCodecResult.InternalError ? ImageDecoder.NoMemory() : ImageDecoder.Broken());
    }

    /// <summary>
    /// Accepts a JPEG that lacks only its end marker, which does not affect the picture. Decodes it with a marker appended, then with stray
    /// bytes before that, without and with restart markers: missing pixels are grey in the first result, and noise in another.
    /// </summary>
    private static SKBitmap WithEnd(ReadOnlySpan<byte> jpeg, float scale)
    {
        jpeg = jpeg.TrimEnd((byte)0xFF);
        var (picture, result) = Decode([.. jpeg, 0xFF, 0xD9], scale);
        byte[] noise = [.. Enumerable.Repeat((byte)0xAA, 64)];
        foreach (var stray in (byte[][])[noise, [.. Enumerable.Range(0xD0, 8).SelectMany(restart => (byte[])[0xFF, (byte)restart, .. noise])]])
        {
            var (other, _) = Decode([.. jpeg, .. stray, 0xFF, 0xD9], scale);
            using (other)
                if (result == SKCodecResult.Success && picture.GetPixelSpan().SequenceEqual(other.GetPixelSpan()))
                    continue;
            picture.Dispose();
            throw (result == SKCodecResult.InternalError ? ImageDecoder.NoMemory() : ImageDecoder.Broken());
        }
        return picture;
    }

    private static (SKBitmap Picture, SKCodecResult Result) Decode(ReadOnlySpan<byte> encoded, float scale)
    {
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = SKCodec.Create(data) ?? throw ImageDecoder.Broken();
            var size = codec.GetScaledDimensions(scale);
            var opaque = codec.Info.AlphaType == SKAlphaType.Opaque;
            var picture = Allocate(size.Width, size.Height);
            var result = codec.GetPixels(picture.Info.WithAlphaType(opaque ? SKAlphaType.Opaque : SKAlphaType.Premul), picture.GetPixels());
            if (!opaque)
                OnWhite(picture);
            return (picture, result);
        }
    }

    /// <summary>Allocates a bitmap.</summary>
    public static SKBitmap Allocate(int width, int height)
    {
        var bitmap = new SKBitmap();
        return bitmap.TryAllocPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque, Srgb)) ? bitmap
            : throw ImageDecoder.NoMemory();
    }

    /// <summary>Shrinks a picture by a power of two; every pixel is the mean of those that it replaces.</summary>
    public static SKBitmap Shrink(SKBitmap picture, int factor)
    {
        for (; factor > 1 && picture.Width > 1 && picture.Height > 1; factor /= 2)
        {
            using var whole = picture;
            picture = Allocate(whole.Width / 2, whole.Height / 2);
            // Midway between four pixels, linear interpolation is their mean.
            using var even = new SKPixmap(whole.Info.WithSize(picture.Width * 2, picture.Height * 2), whole.GetPixels(), whole.RowBytes);
            using var half = picture.PeekPixels();
            if (!even.ScalePixels(half, new SKSamplingOptions(SKFilterMode.Linear)))
                throw ImageDecoder.NoMemory();
        }
        return picture;
    }

    /// <summary>Blends premultiplied colours onto white.</summary>
    private static void OnWhite(SKBitmap bitmap)
    {
        foreach (ref var pixel in MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan()))
            pixel = (pixel + (255 - (pixel >> 24)) * 0x010101) | 0xFF000000;
    }

    /// <summary>Bytes per pixel held while decoding; measured, and rounded up.</summary>
    private static int Held(ReadOnlySpan<byte> file, ImageFormat format)
    {
        if (format == ImageFormat.Jpeg)
            return JpegHead.Read(file).BytesHeld;
        if (format == ImageFormat.Gif)
            return 6;
        if (format == ImageFormat.WebP)
            return 5; // if lossless
        // The result and, for an interlaced PNG, all samples as well.
        const int name = 12, depth = 24, kind = 25, interlace = 28;
        if (!file[name..].StartsWith("IHDR"u8))
            throw ImageDecoder.Broken();
        var samples = file[kind] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 } + (PngChunks.Find(file, "tRNS"u8).IsEmpty ? 0 : 1);
        return 4 + (file[interlace] == 0 ? 0 : samples * Math.Max(1, file[depth] / 8));
    }
}
