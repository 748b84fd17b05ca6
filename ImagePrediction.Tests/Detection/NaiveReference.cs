using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

/// <summary>
/// The detection path written a second time, as slowly and as plainly as possible, from the published description:
/// OpenCV's fixed-point bilinear resize, the letterbox, YOLOv5's output, greedy suppression.
/// </summary>
internal static class NaiveReference
{
    public static float[] Letterbox(byte[] rgb, Letterbox box)
    {
        var chw = new float[3 * box.InputWidth * box.InputHeight];
        for (var c = 0; c < 3; c++)
        {
            for (var y = 0; y < box.InputHeight; y++)
            {
                for (var x = 0; x < box.InputWidth; x++)
                {
                    int px = x - box.Left, py = y - box.Top;
                    var inside = px >= 0 && px < box.ScaledWidth && py >= 0 && py < box.ScaledHeight;
                    chw[(c * box.InputHeight + y) * box.InputWidth + x] = (inside ? Pixel(rgb, box, px, py, c) : 114) / 255f;
                }
            }
        }
        return chw;
    }

    private static int Pixel(byte[] rgb, Letterbox box, int x, int y, int channel)
    {
        var (x0, fx) = Source(x, (double)box.Width / box.ScaledWidth);
        var (y0, fy) = Source(y, (double)box.Height / box.ScaledHeight);
        if (x0 < 0)
            (x0, fx) = (0, 0);
        if (x0 >= box.Width - 1)
            (x0, fx) = (box.Width - 1, 0);
        int wx0 = (int)Math.Round((1 - fx) * 2048), wx1 = (int)Math.Round(fx * 2048);
        int wy0 = (int)Math.Round((1 - fy) * 2048), wy1 = (int)Math.Round(fy * 2048);
        int Row(int row)
        {
            row = Math.Clamp(row, 0, box.Height - 1);
            return rgb[(row * box.Width + x0) * 3 + channel] * wx0 + rgb[(row * box.Width + Math.Min(x0 + 1, box.Width - 1)) * 3 + channel] * wx1;
        }
        return (((wy0 * (Row(y0) >> 4)) >> 16) + ((wy1 * (Row(y0 + 1) >> 4)) >> 16) + 2) >> 2;
    }

    private static (int, float) Source(int position, double scale)
    {
        var at = (float)((position + 0.5) * scale - 0.5);
        return ((int)Math.Floor(at), at - (float)Math.Floor(at));
    }

    /// <summary>All of it: labels, scores and original-pixel corners of what is found, best first.</summary>
    public static List<(int Label, double Score, double[] Corners)> Detect(float[] rows, int classes, double threshold, Letterbox box)
    {
        var all = new List<(int Label, double Score, double[] C)>();
        for (var r = 0; r < rows.Length / (5 + classes); r++)
        {
            var row = rows.Skip(r * (5 + classes)).Take(5 + classes).ToArray();
            var best = Enumerable.Range(0, classes).MaxBy(c => row[5 + c]);
            double score = row[4] * row[5 + best];
            if (score >= threshold)
                all.Add((best, score, [row[0] - row[2] / 2.0, row[1] - row[3] / 2.0, row[0] + row[2] / 2.0, row[1] + row[3] / 2.0]));
        }
        var kept = new List<(int Label, double Score, double[] C)>();
        foreach (var candidate in all.OrderByDescending(a => a.Score))
        {
            if (kept.TrueForAll(k => k.Label != candidate.Label || Overlap(k.C, candidate.C) <= 0.45))
                kept.Add(candidate);
        }
        return kept.ConvertAll(k => (k.Label, k.Score, new[]
        {
            Math.Clamp((k.C[0] - box.Left) * box.Width / box.ScaledWidth, 0, box.Width), Math.Clamp((k.C[1] - box.Top) * box.Height / box.ScaledHeight, 0, box.Height),
            Math.Clamp((k.C[2] - box.Left) * box.Width / box.ScaledWidth, 0, box.Width), Math.Clamp((k.C[3] - box.Top) * box.Height / box.ScaledHeight, 0, box.Height),
        }));
    }

    private static double Overlap(double[] a, double[] b)
    {
        var shared = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0])) * Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
    }
}
