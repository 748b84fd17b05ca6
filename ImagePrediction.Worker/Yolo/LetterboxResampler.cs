using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Bilinear resampling of interleaved 8-bit RGBA into a letterboxed float CHW tensor.
/// The arithmetic is that of OpenCV's 8-bit <c>INTER_LINEAR</c>, which YOLOv5's own letterbox uses: pixel centres at
/// halves, weights in 2048ths, the vertical sum reduced to 8 bits. So a model sees the same values as in YOLOv5.
/// Not thread-safe: an instance reuses its scratch rows.
/// </summary>
public sealed class LetterboxResampler
{
    private const int WeightBits = 11;
    private const float Pad = 114f / 255f;

    private Tap[] taps = [];
    private int[] rows = [];

    /// <summary>Source of one output column: byte offsets of its two pixels and their weights.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Tap(int First, int Second, int Weight0, int Weight1);

    /// <summary>Fills the tensor with the scaled picture, surrounded by grey (114).</summary>
    /// <param name="rgba">Interleaved RGBA, <paramref name="width"/> × <paramref name="height"/> × 4 bytes without row padding; alpha is ignored.</param>
    /// <param name="width">Width in pixels; less than the original's if it was shrunk during decoding.</param>
    /// <param name="height">Height in pixels; likewise.</param>
    /// <param name="shrink">The factor by which decoding shrank the original; 1 if it did not.</param>
    /// <param name="box">Where the picture is placed in the input.</param>
    /// <param name="chw">At least 3 × InputHeight × InputWidth floats: R, G and B planes, 0 to 1.</param>
    public void Resample(ReadOnlySpan<byte> rgba, int width, int height, int shrink, Letterbox box, Span<float> chw)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rgba.Length, checked(width * height * 4), nameof(rgba));
        var plane = box.InputWidth * box.InputHeight;
        chw = chw[..(3 * plane)];
        FillPadding(chw, plane, box);
        PlaceTaps(width, box.ScaleX / shrink, box.ScaledWidth);
        if (rows.Length < 6 * box.ScaledWidth)
            rows = new int[6 * box.ScaledWidth];

        int upperAt = -1, lowerAt = -1;
        Span<int> upper = rows.AsSpan(0, 3 * box.ScaledWidth), lower = rows.AsSpan(3 * box.ScaledWidth, 3 * box.ScaledWidth);
        var scaleY = box.ScaleY / shrink;
        for (var y = 0; y < box.ScaledHeight; y++)
        {
            var (first, fraction) = SourceOf(y, scaleY);
            int row0 = Math.Clamp(first, 0, height - 1), row1 = Math.Clamp(first + 1, 0, height - 1);
            if (row0 == lowerAt)
            {
                // The lower source row of one output row is often the upper source row of the next.
                var spare = upper;
                upper = lower;
                lower = spare;
                (upperAt, lowerAt) = (lowerAt, -1);
            }
            if (upperAt != row0)
                Stretch(rgba.Slice((upperAt = row0) * width * 4, width * 4), upper);
            if (lowerAt != row1)
                Stretch(rgba.Slice((lowerAt = row1) * width * 4, width * 4), lower);

            var target = (box.Top + y) * box.InputWidth + box.Left;
            var (weight0, weight1) = Weights(fraction);
            for (var channel = 0; channel < 3; channel++)
                Blend(upper.Slice(channel * box.ScaledWidth, box.ScaledWidth), lower.Slice(channel * box.ScaledWidth, box.ScaledWidth),
                    weight0, weight1, chw.Slice(channel * plane + target, box.ScaledWidth));
        }
    }

    private void PlaceTaps(int width, double scale, int count)
    {
        if (taps.Length < count)
            taps = new Tap[count];
        for (var x = 0; x < count; x++)
        {
            var (first, fraction) = SourceOf(x, scale);
            if (first < 0)
                (first, fraction) = (0, 0);
            if (first >= width - 1)
                (first, fraction) = (width - 1, 0);
            var (weight0, weight1) = Weights(fraction);
            taps[x] = new(4 * first, 4 * Math.Min(first + 1, width - 1), weight0, weight1);
        }
    }

    /// <summary>The source pixel left of (above) an output pixel's centre, and how far the centre lies past it.</summary>
    private static (int First, float Fraction) SourceOf(int position, double scale)
    {
        var centre = (float)((position + 0.5) * scale - 0.5);
        var first = (int)MathF.Floor(centre);
        return (first, centre - first);
    }

    private static (int, int) Weights(float fraction) =>
        ((int)MathF.Round((1f - fraction) * (1 << WeightBits)), (int)MathF.Round(fraction * (1 << WeightBits)));

    /// <summary>Resamples one row horizontally into three planar rows, scaled by 128 (15 bits).</summary>
    private void Stretch(ReadOnlySpan<byte> source, Span<int> planar)
    {
        var count = planar.Length / 3;
        var x = Sse41.IsSupported ? StretchFours(source, planar, count) : 0;
        for (; x < count; x++)
        {
            var tap = taps[x];
            for (var c = 0; c < 3; c++)
                planar[c * count + x] = (source[tap.First + c] * tap.Weight0 + source[tap.Second + c] * tap.Weight1) >> 4;
        }
    }

    /// <summary>Four columns at a time: one load fetches both pixels of a column, one multiply-add blends all channels.</summary>
    /// <returns>Number of columns done; the rest are too close to the row's end for 8-byte loads.</returns>
    private int StretchFours(ReadOnlySpan<byte> source, Span<int> planar, int count)
    {
        ref var pixels = ref MemoryMarshal.GetReference(source);
        ref var red = ref MemoryMarshal.GetReference(planar);
        var columns = taps.AsSpan(0, count);
        var x = 0;
        // Taps are ordered left to right, so the last of the four bounds the others.
        for (; x + 4 <= columns.Length && columns[x + 3].First + 8 <= source.Length; x += 4)
        {
            var a = Mix(ref pixels, columns[x]);
            var b = Mix(ref pixels, columns[x + 1]);
            var c = Mix(ref pixels, columns[x + 2]);
            var d = Mix(ref pixels, columns[x + 3]);
            Vector128<int> abLow = Sse2.UnpackLow(a, b), cdLow = Sse2.UnpackLow(c, d);
            Vector128<int> abHigh = Sse2.UnpackHigh(a, b), cdHigh = Sse2.UnpackHigh(c, d);
            Sse2.UnpackLow(abLow.AsInt64(), cdLow.AsInt64()).AsInt32().StoreUnsafe(ref Unsafe.Add(ref red, x));
            Sse2.UnpackHigh(abLow.AsInt64(), cdLow.AsInt64()).AsInt32().StoreUnsafe(ref Unsafe.Add(ref red, x + count));
            Sse2.UnpackLow(abHigh.AsInt64(), cdHigh.AsInt64()).AsInt32().StoreUnsafe(ref Unsafe.Add(ref red, x + 2 * count));
        }
        return x;
    }

    /// <summary>One column as (red, green, blue, 0). The second pixel directly follows the first, or has zero weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Mix(ref byte pixels, in Tap tap)
    {
        var both = Vector128.CreateScalar(Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref pixels, tap.First))).AsByte();
        var paired = Ssse3.Shuffle(both, Vector128.Create((byte)0, 4, 1, 5, 2, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80));
        var weights = Vector128.Create(tap.Weight0 | tap.Weight1 << 16).AsInt16();
        return Sse2.MultiplyAddAdjacent(Sse41.ConvertToVector128Int16(paired), weights) >> 4;
    }

    /// <summary>Blends two stretched rows into one row of a plane, reduced to 8 bits and scaled to 0…1.</summary>
    private static void Blend(ReadOnlySpan<int> upper, ReadOnlySpan<int> lower, int weight0, int weight1, Span<float> target)
    {
        var x = 0;
        for (; x <= target.Length - Vector<int>.Count; x += Vector<int>.Count)
        {
            var sum = ((new Vector<int>(upper[x..]) * weight0) >> 16) + ((new Vector<int>(lower[x..]) * weight1) >> 16);
            (Vector.ConvertToSingle((sum + new Vector<int>(2)) >> 2) / 255f).CopyTo(target[x..]);
        }
        for (; x < target.Length; x++)
            target[x] = ((((upper[x] * weight0) >> 16) + ((lower[x] * weight1) >> 16) + 2) >> 2) / 255f;
    }

    private static void FillPadding(Span<float> chw, int plane, Letterbox box)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            var target = chw.Slice(channel * plane, plane);
            target[..(box.Top * box.InputWidth)].Fill(Pad);
            target[((box.Top + box.ScaledHeight) * box.InputWidth)..].Fill(Pad);
            if (box.ScaledWidth == box.InputWidth)
                continue;
            for (var y = box.Top; y < box.Top + box.ScaledHeight; y++)
            {
                var row = target.Slice(y * box.InputWidth, box.InputWidth);
                row[..box.Left].Fill(Pad);
                row[(box.Left + box.ScaledWidth)..].Fill(Pad);
            }
        }
    }
}
