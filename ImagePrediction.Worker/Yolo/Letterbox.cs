using System.Runtime.InteropServices;
using ImagePrediction.Predictions;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// How an upright picture lies in the model's input: scaled to fit, centred, padded. Forward and inverse are kept in
/// one value, so that a box comes back exactly where the pixels came from.
/// </summary>
/// <param name="Width">Pixels across, of the upright picture.</param>
/// <param name="Height">Pixels down, of the upright picture.</param>
/// <param name="InputWidth">Pixels across, of the model's input.</param>
/// <param name="InputHeight">Pixels down, of the model's input.</param>
/// <param name="ScaledWidth">Pixels across that the picture takes up in the input.</param>
/// <param name="ScaledHeight">Pixels down that the picture takes up in the input.</param>
/// <param name="Left">Padding before the picture, in input pixels.</param>
/// <param name="Top">Padding above the picture, in input pixels.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Letterbox(
    int Width, int Height, int InputWidth, int InputHeight, int ScaledWidth, int ScaledHeight, int Left, int Top)
{
    /// <summary>
    /// How many source pixels an input pixel must still have, across and down, after shrinking while decoding. The reference
    /// samples the original, shrinking averages it, and the less is left the more that shows: 3 keeps verdict and score
    /// (see bench/MicroBenchmarks), 2 and below do not. Shrunken or not, a camera's photo is far from whole in memory.
    /// </summary>
    public const double MinRemaining = 3;

    /// <summary>
    /// No picture is shrunken by more than this: by 8, verdicts change on more than one photo in two hundred, and by 4
    /// even the largest that is accepted takes no more than 13 MB.
    /// </summary>
    public const int MaxShrink = 4;

    /// <summary>Original pixels per input pixel, across.</summary>
    public double ScaleX => (double)Width / ScaledWidth;

    /// <summary>Original pixels per input pixel, down.</summary>
    public double ScaleY => (double)Height / ScaledHeight;

    /// <summary>Fits a picture into a model's input.</summary>
    /// <param name="width">Pixels across, at least 1.</param>
    /// <param name="height">Pixels down, at least 1.</param>
    /// <param name="input">
    /// What the model takes. A fixed axis is filled up with padding; a dynamic one is padded only to the next multiple
    /// of the stride, so that a 4:3 photo costs a quarter less than a square.
    /// </param>
    public static Letterbox Fit(int width, int height, InputShape input)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        int boundX = input.Width ?? input.Size, boundY = input.Height ?? input.Size;
        var scale = Math.Min((double)boundX / width, (double)boundY / height);
        var scaledWidth = Math.Clamp((int)Math.Round(width * scale), 1, boundX);
        var scaledHeight = Math.Clamp((int)Math.Round(height * scale), 1, boundY);
        var inputWidth = input.Width ?? RoundUp(scaledWidth, input.Stride);
        var inputHeight = input.Height ?? RoundUp(scaledHeight, input.Stride);
        // An odd pad puts its extra pixel at the right and below, as YOLOv5 does (round(half - 0.1)).
        return new(width, height, inputWidth, inputHeight, scaledWidth, scaledHeight,
            (inputWidth - scaledWidth) / 2, (inputHeight - scaledHeight) / 2);
    }

    /// <summary>The largest power of two by which the picture may be made smaller while it is decoded.</summary>
    public int Shrink(double minRemaining = MinRemaining)
    {
        var spare = Math.Min(ScaleX, ScaleY) / minRemaining;
        return spare < 2 ? 1 : Math.Min(MaxShrink, 1 << (int)Math.Log2(spare));
    }

    /// <summary>From the upright original to the input.</summary>
    public (double X, double Y) Forward(double x, double y) => (x / ScaleX + Left, y / ScaleY + Top);

    /// <summary>From the input to the upright original, not clipped to it.</summary>
    public (double X, double Y) Inverse(double x, double y) => ((x - Left) * ScaleX, (y - Top) * ScaleY);

    /// <summary>A box given by two corners in the input, as a box of the upright original, clipped to it.</summary>
    public Box ToOriginal(float x1, float y1, float x2, float y2)
    {
        var (left, top) = Inverse(x1, y1);
        var (right, bottom) = Inverse(x2, y2);
        left = Math.Round(Math.Clamp(left, 0, Width), 2);
        top = Math.Round(Math.Clamp(top, 0, Height), 2);
        return new(left, top,
            Math.Round(Math.Clamp(right, left, Width) - left, 2), Math.Round(Math.Clamp(bottom, top, Height) - top, 2));
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
