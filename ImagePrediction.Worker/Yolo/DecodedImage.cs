using System.Runtime.InteropServices;
using NetVips;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Upright pixels in native memory, until disposed.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly unsafe ref struct DecodedImage
{
    /// <summary>
    /// <c>void *vips_region_fetch(VipsRegion *, int left, int top, int width, int height, size_t *size)</c>. NetVips offers it
    /// only as a managed array a picture, and the way around regions wakes a thread of libvips, which costs more than
    /// decoding a small picture; here pixels are made on the calling thread, into native memory.
    /// </summary>
    private static readonly delegate* unmanaged<nint, int, int, int, int, nuint*, byte*> RegionFetch =
        (delegate* unmanaged<nint, int, int, int, int, nuint*, byte*>)NativeLibrary.GetExport(
            NativeLibrary.Load(LibraryName, typeof(Region).Assembly, null), "vips_region_fetch");

    /// <summary>
    /// How much is asked for at once. libvips makes every step of the pipeline for the whole of it, and for a large
    /// picture that would be all of its pixels several times over, slow for want of cache.
    /// </summary>
    private const int BandBytes = 1 << 20;

    private readonly byte* pixels;

    private DecodedImage(byte* pixels, int width, int height, int shrink, Letterbox box)
    {
        this.pixels = pixels;
        (Width, Height, Shrink, Box) = (width, height, shrink, box);
    }

    private static string LibraryName =>
        OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips.42.dylib" : "libvips.so.42";

    /// <summary>Pixels across, as decoded.</summary>
    public int Width { get; }

    /// <summary>Pixels down, as decoded.</summary>
    public int Height { get; }

    /// <summary>How many times smaller than the original it was decoded, across and down.</summary>
    public int Shrink { get; }

    /// <summary>How the original lies in the model's input.</summary>
    public Letterbox Box { get; }

    /// <summary>Interleaved RGB without gaps. Not to be used after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Rgb => new(pixels, Width * Height * 3);

    /// <summary>Runs the pipeline that ends in <paramref name="image"/>: this is where pixels are decoded.</summary>
    /// <param name="image">8-bit sRGB of three bands.</param>
    /// <param name="shrink">How many times smaller than the original it is.</param>
    /// <param name="box">How the original lies in the model's input.</param>
    /// <exception cref="VipsException">The pixels are damaged or cut off.</exception>
    internal static DecodedImage Of(Image image, int shrink, Letterbox box)
    {
        using var region = Region.New(image);
        int stride = 3 * image.Width, rows = Math.Max(1, BandBytes / stride);
        var decoded = new DecodedImage((byte*)NativeMemory.Alloc((nuint)stride * (nuint)image.Height), image.Width, image.Height, shrink, box);
        for (var top = 0; top < image.Height; top += rows)
        {
            var count = Math.Min(rows, image.Height - top);
            nuint size;
            var band = RegionFetch(region.DangerousGetHandle(), 0, top, image.Width, count, &size);
            if (band is null)
            {
                decoded.Dispose();
                throw new VipsException("unable to fetch pixels");
            }
            Buffer.MemoryCopy(band, decoded.pixels + (long)top * stride, size, size);
            NetVips.NetVips.Free((nint)band);
        }
        return decoded;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => NativeMemory.Free(pixels);
}
