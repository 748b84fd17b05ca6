using System.Buffers.Binary;
using System.Globalization;
using NetVips;
using SkiaSharp;

namespace ImagePrediction.Decoding;

/// <summary>Decodes TIFF and AVIF, which Skia does not support, with libvips.</summary>
internal static class VipsDecoder
{
    private const int Bt2020 = 9, P3 = 12, Pq = 16, Hlg = 18; // primaries and transfer characteristics of ITU-T H.273

    public const string Profile = "icc-profile-data";

    /// <summary>Kept referenced here, since native code keeps calling it.</summary>
    private static readonly Log.LogDelegate Quiet = static (_, _, _) => { };

    private static readonly Lazy<bool> Setup = new(Configure);

    /// <summary>Loads the native library and sets its limits; later calls cost nothing.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing for this platform.</exception>
    public static void EnsureReady() => _ = Setup.Value;

    /// <summary>Width and height as stored, and the bytes per pixel held while decoding.</summary>
    public static (int Width, int Height, int BytesHeld) Measure(ReadOnlySpan<byte> file, ImageFormat format)
    {
        if (format == ImageFormat.Tiff && TiffPage.Unsupported(new(file)) is { } kind)
            throw ImageDecoder.Unsupported(kind);
        try
        {
            using var source = Begin(file);
            using var image = Open(source, file, format);
            if (format == ImageFormat.Avif && Colours(file).Transfer is Pq or Hlg || image.Contains(Profile) && SkiaDecoder.IsHdr(SKColorSpace.CreateIcc((byte[])image.Get(Profile))))
                throw ImageDecoder.Hdr(format);
            return (image.Width, image.Height, Held(image, format));
        }
        catch (VipsException e)
        {
            throw ImageDecoder.Broken(e);
        }
    }

    /// <summary>Decodes the picture as stored; the full-size one, if the file also has smaller versions.</summary>
    public static SKBitmap Decode(ReadOnlySpan<byte> encoded, ImageFormat format, int shrink)
    {
        try
        {
            using var source = Begin(encoded);
            var image = Open(source, encoded, format);
            var factor = Math.Min(shrink, Math.Min(image.Width, image.Height));
            using var rgb = image.OnWhite().Then(i => i.Shrink(factor, factor)).ToRgb();
            return ToBitmap(rgb, format == ImageFormat.Avif && !rgb.Contains(Profile) ? Colours(encoded).Primaries : 0);
        }
        catch (VipsException e)
        {
            throw Fault(e);
        }
    }

    private static Source Begin(ReadOnlySpan<byte> file)
    {
        EnsureReady();
        return Source.NewFromMemory(file);
    }

    /// <summary>Reads the header. Stray bytes and odd values, which libraries report as warnings, are accepted; truncated files are not.</summary>
    private static Image Open(Source source, ReadOnlySpan<byte> file, ImageFormat format)
    {
        if (format == ImageFormat.Avif)
            return Image.HeifloadSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        var (page, below, _) = TiffPage.Of(new(file));
        return Image.TiffloadSource(source, page: page, subifd: below, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
    }

    /// <summary>Runs the pipeline that ends in an image of three 8-bit bands: this is where pixels are decoded.</summary>
    private static unsafe SKBitmap ToBitmap(Image rgb, int primaries)
    {
        using var rgba = rgb.Bandjoin(255);
        var pixels = rgba.WriteToMemory(out _);
        try
        {
            var bitmap = SkiaDecoder.Allocate(rgba.Width, rgba.Height);
            using var colours = primaries is Bt2020 or P3
                ? SKColorSpace.CreateRgb(SKColorSpaceTransferFn.Srgb, primaries == P3 ? SKColorSpaceXyz.DisplayP3 : SKColorSpaceXyz.Rec2020) : null;
            using var given = new SKPixmap(colours is null ? bitmap.Info : bitmap.Info.WithColorSpace(colours), pixels);
            return given.ReadPixels(bitmap.Info, bitmap.GetPixels(), bitmap.RowBytes) ? bitmap : throw ImageDecoder.NoMemory();
        }
        finally
        {
            NetVips.NetVips.Free(pixels);
        }
    }

    /// <summary>The numerical colour description of an AVIF (ISO/IEC 14496-12, box <c>colr</c> of type <c>nclx</c>); 0 if absent.</summary>
    private static (int Primaries, int Transfer) Colours(ReadOnlySpan<byte> avif) =>
        avif.IndexOf("colrnclx"u8) is var at and >= 0 && at + 12 <= avif.Length
            ? (BinaryPrimitives.ReadUInt16BigEndian(avif[(at + 8)..]), BinaryPrimitives.ReadUInt16BigEndian(avif[(at + 10)..])) : default;

    /// <summary>Bytes per pixel held while decoding; measured with the decoders bundled with libvips, and rounded up.</summary>
    private static int Held(Image image, ImageFormat format)
    {
        var bytes = image.Format == Enums.BandFormat.Ushort ? 2 : 1;
        if (format == ImageFormat.Avif)
            return bytes == 1 ? 18 : 25;
        if (!image.Contains("tile-height"))
            return 0;
        // Two rows of tiles, at the tile size that the file declares, however little of it the picture fills.
        long width = Convert.ToInt64(image.Get("tile-width"), CultureInfo.InvariantCulture), height = Convert.ToInt64(image.Get("tile-height"), CultureInfo.InvariantCulture);
        var across = (image.Width + width - 1) / width * width;
        return (int)Math.Min(int.MaxValue, Math.Ceiling(2.0 * across * height * image.Bands * bytes / ((double)image.Width * image.Height)));
    }

    private static Exception Fault(VipsException e) => e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        ? ImageDecoder.NoMemory(e) : ImageDecoder.Broken(e);

    private static bool Configure()
    {
        if (!ModuleInitializer.VipsInitialized)
            throw new InvalidOperationException("libvips could not be loaded.", ModuleInitializer.Exception);

        // Damaged uploads are routine: what matters reaches the caller as an exception, so nothing is logged.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Quiet);

        // Only the loaders used here are reachable: first everything that libvips has not fuzzed is blocked,
        // then every loader, then those used here are allowed again.
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in (ReadOnlySpan<string>)["Tiff", "Heif"])
            Operation.Block("VipsForeignLoad" + loader, false);

        // No picture is processed twice, so an operation cache would only hold memory;
        // and photos are processed in parallel: threads within one would compete with inference.
        Cache.Max = 0;
        Cache.MaxMem = 0;
        NetVips.NetVips.Concurrency = 1;
        NativeHeap.Configure();
        return true;
    }
}
