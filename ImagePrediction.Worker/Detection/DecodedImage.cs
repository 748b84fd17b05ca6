using System.Runtime.InteropServices;

namespace ImagePrediction.Worker.Detection;

/// <summary>Upright pixels in libvips' memory, until disposed.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly unsafe ref struct DecodedImage
{
    private readonly byte* pixels;

    internal DecodedImage(byte* pixels, int width, int height, int shrink, Letterbox box)
    {
        this.pixels = pixels;
        (Width, Height, Shrink, Box) = (width, height, shrink, box);
    }

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

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => NetVips.NetVips.Free((nint)pixels);
}
