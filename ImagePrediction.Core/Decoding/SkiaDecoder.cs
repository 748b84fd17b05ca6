using System.Runtime.InteropServices;
using SkiaSharp;

namespace ImagePrediction.Decoding;

/// <summary>JPEG, PNG, WebP and GIF, by the decoders that a browser uses for them.</summary>
internal static unsafe class SkiaDecoder
{
    private const byte Pq = 16, Hlg = 18; // transfer characteristics of ITU-T H.273
    private static readonly SKColorSpace Srgb = SKColorSpace.CreateSrgb();

    /// <summary>Width and height as stored, and what decoding holds of every pixel.</summary>
    public static (int Width, int Height, int BytesHeld) Measure(ReadOnlySpan<byte> file, ImageFormat format)
    {
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data) ?? throw ImageDecoder.Broken();
            var info = codec.Info;
            // Not disposed of: sRGB is one object of the whole process.
            return !IsHdr(info.ColorSpace) && !(format == ImageFormat.Png && PngChunks.Find(file, "cICP"u8) is [_, Pq or Hlg, ..])
                ? (info.Width, info.Height, Held(file, format)) : throw ImageDecoder.Hdr(format);
        }
    }

    /// <summary>True for colours that no numbers describe whose range ends at white: PQ and HLG.</summary>
    public static bool IsHdr(SKColorSpace? colours) => colours?.GetNumericalTransferFunction(out _) == false;

    /// <summary>Decodes the picture, the first one of several, as it is stored.</summary>
    public static SKBitmap Decode(ReadOnlySpan<byte> encoded, ImageFormat format, int shrink)
    {
        var isJpeg = format == ImageFormat.Jpeg;
        var whileDecoding = isJpeg || format == ImageFormat.WebP ? shrink : 1;
        var (picture, result) = Decode(encoded, 1f / whileDecoding);
        // Of a progressive JPEG that is cut off Skia makes a coarse picture, and calls it whole.
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
    /// A JPEG may lack no more than the marker at its end, which says nothing about the picture. It is given one, and other times one behind
    /// stray bytes, without and with restart markers: pixels that are missing come out grey from the first, and as noise from another.
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

    /// <summary>Room for a picture.</summary>
    public static SKBitmap Allocate(int width, int height)
    {
        var bitmap = new SKBitmap();
        return bitmap.TryAllocPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque, Srgb)) ? bitmap
            : throw ImageDecoder.NoMemory();
    }

    /// <summary>Makes a picture smaller by a power of two; every pixel is the mean of those that it stands for.</summary>
    public static SKBitmap Shrink(SKBitmap picture, int factor)
    {
        for (; factor > 1 && picture.Width > 1 && picture.Height > 1; factor /= 2)
        {
            using var whole = picture;
            picture = Allocate(whole.Width / 2, whole.Height / 2);
            // In the middle between four pixels linear interpolation is their mean.
            using var even = new SKPixmap(whole.Info.WithSize(picture.Width * 2, picture.Height * 2), whole.GetPixels(), whole.RowBytes);
            using var half = picture.PeekPixels();
            if (!even.ScalePixels(half, new SKSamplingOptions(SKFilterMode.Linear)))
                throw ImageDecoder.NoMemory();
        }
        return picture;
    }

    /// <summary>Puts premultiplied colours on white.</summary>
    private static void OnWhite(SKBitmap bitmap)
    {
        foreach (ref var pixel in MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan()))
            pixel = (pixel + (255 - (pixel >> 24)) * 0x010101) | 0xFF000000;
    }

    /// <summary>Measured, and rounded up.</summary>
    private static int Held(ReadOnlySpan<byte> file, ImageFormat format)
    {
        if (format == ImageFormat.Jpeg)
            return JpegHead.Read(file).BytesHeld;
        if (format == ImageFormat.Gif)
            return 6;
        if (format == ImageFormat.WebP)
            return 5; // if it is lossless
        // The result, and of an interlaced PNG all samples beside it.
        const int name = 12, depth = 24, kind = 25, interlace = 28;
        if (!file[name..].StartsWith("IHDR"u8))
            throw ImageDecoder.Broken();
        var samples = file[kind] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 } + (PngChunks.Find(file, "tRNS"u8).IsEmpty ? 0 : 1);
        return 4 + (file[interlace] == 0 ? 0 : samples * Math.Max(1, file[depth] / 8));
    }
}
