using System.Runtime.InteropServices;
using ImagePrediction.Predictions;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Where an upright picture is placed in the model's input: scaled to fit, centred, padded. One value holds both the forward
/// and the inverse mapping, so that a box is mapped back to exactly where its pixels came from.
/// </summary>
/// <param name="Width">Width of the upright picture in pixels.</param>
/// <param name="Height">Height of the upright picture in pixels.</param>
/// <param name="InputWidth">Width of the model's input in pixels.</param>
/// <param name="InputHeight">Height of the model's input in pixels.</param>
/// <param name="ScaledWidth">Width of the scaled picture, in input pixels.</param>
/// <param name="ScaledHeight">Height of the scaled picture, in input pixels.</param>
/// <param name="Left">Padding left of the picture, in input pixels.</param>
/// <param name="Top">Padding above the picture, in input pixels.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Letterbox(
    int Width, int Height, int InputWidth, int InputHeight, int ScaledWidth, int ScaledHeight, int Left, int Top)
{
    /// <summary>
    /// Minimum number of decoded pixels per input pixel, across and down, after shrinking during decoding. The reference
    /// samples the original while shrinking averages it; the fewer pixels are left, the more results differ: 3 preserves verdict
    /// and score (see bench/MicroBenchmarks), 2 and below do not. Even so, a camera's photo is decoded far below full size.
    /// </summary>
    public const double MinRemaining = 3;

    /// <summary>
    /// Maximum factor by which a picture is shrunk: at 8, verdicts change on more than one photo in two hundred, and at 4
    /// even the largest accepted picture takes no more than 13 MB.
    /// </summary>
    public const int MaxShrink = 4;

    /// <summary>Original pixels per input pixel, across.</summary>
    public double ScaleX => (double)Width / ScaledWidth;

    /// <summary>Original pixels per input pixel, down.</summary>
    public double ScaleY => (double)Height / ScaledHeight;

    /// <summary>Fits a picture into a model's input.</summary>
    /// <param name="width">Width of the picture in pixels, at least 1.</param>
    /// <param name="height">Height of the picture in pixels, at least 1.</param>
    /// <param name="input">
    /// The model's input. A fixed axis is padded to its full length; a dynamic one only to the next multiple of the stride,
    /// so that a 4:3 photo costs a quarter less than a square one.
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
        // If the padding is odd, the extra pixel goes to the right or the bottom, as in YOLOv5 (round(half - 0.1)).
        return new(width, height, inputWidth, inputHeight, scaledWidth, scaledHeight,
            (inputWidth - scaledWidth) / 2, (inputHeight - scaledHeight) / 2);
    }

    /// <summary>The largest power of two by which the picture may be shrunk during decoding.</summary>
    public int Shrink(double minRemaining = MinRemaining)
    {
        var spare = Math.Min(ScaleX, ScaleY) / minRemaining;
        return spare < 2 ? 1 : Math.Min(MaxShrink, 1 << (int)Math.Log2(spare));
    }

    /// <summary>Maps a point of the upright original to the input.</summary>
    public (double X, double Y) Forward(double x, double y) => (x / ScaleX + Left, y / ScaleY + Top);

    /// <summary>Maps a point of the input to the upright original, without clipping to it.</summary>
    public (double X, double Y) Inverse(double x, double y) => ((x - Left) * ScaleX, (y - Top) * ScaleY);

    /// <summary>Maps a box, given by two corners in the input, to the upright original, clipped to it.</summary>
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
