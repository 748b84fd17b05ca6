using System.Runtime.InteropServices;

namespace ImagePrediction.Worker.Yolo;

/// <summary>A box that passed the threshold, in pixels of the model's input.</summary>
/// <param name="Score">Objectness times class probability, 0 to 1.</param>
/// <param name="Class">Index into the model's labels.</param>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Upper edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Candidate(float Score, int Class, float X1, float Y1, float X2, float Y2)
{
    /// <summary>Intersection over union with another box: 0 when they do not touch, 1 when they are the same.</summary>
    public float Overlap(in Candidate other)
    {
        var width = MathF.Min(X2, other.X2) - MathF.Max(X1, other.X1);
        var height = MathF.Min(Y2, other.Y2) - MathF.Max(Y1, other.Y1);
        if (width <= 0 || height <= 0)
            return 0;
        var shared = width * height;
        return shared / ((X2 - X1) * (Y2 - Y1) + (other.X2 - other.X1) * (other.Y2 - other.Y1) - shared);
    }
}

/// <summary>Greedy non-maximum suppression within each class, as in the YOLO papers.</summary>
internal static class Suppression
{
    /// <summary>Two boxes of one class that overlap by more than this show the same object.</summary>
    public const float MaxOverlap = 0.45f;

    /// <summary>Maximum number of detections per picture.</summary>
    public const int MaxDetections = 300;

    /// <summary>Maximum number of candidates compared, best first; guards against a model that fires everywhere.</summary>
    public const int MaxCandidates = 30_000;

    /// <summary>Of overlapping boxes of one class, keeps the one with the highest score.</summary>
    /// <param name="candidates">In any order; sorted in place, best first.</param>
    /// <returns>The boxes kept, best first, at most <see cref="MaxDetections"/>.</returns>
    public static List<Candidate> Apply(List<Candidate> candidates)
    {
        candidates.Sort(BestFirst);
        var kept = new List<Candidate>();
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(candidates)[..Math.Min(candidates.Count, MaxCandidates)])
        {
            if (Covered(candidate, CollectionsMarshal.AsSpan(kept)))
                continue;
            kept.Add(candidate);
            if (kept.Count == MaxDetections)
                break;
        }
        return kept;
    }

    private static bool Covered(in Candidate candidate, ReadOnlySpan<Candidate> kept)
    {
        foreach (ref readonly var better in kept)
        {
            if (better.Class == candidate.Class && better.Overlap(candidate) > MaxOverlap)
                return true;
        }
        return false;
    }

    /// <summary>A total order, so that the result does not depend on the input order when scores are equal.</summary>
    private static int BestFirst(Candidate a, Candidate b)
    {
        var order = b.Score.CompareTo(a.Score);
        if (order == 0)
            order = a.Class.CompareTo(b.Class);
        if (order == 0)
            order = a.Y1.CompareTo(b.Y1);
        if (order == 0)
            order = a.X1.CompareTo(b.X1);
        if (order == 0)
            order = a.Y2.CompareTo(b.Y2);
        return order != 0 ? order : a.X2.CompareTo(b.X2);
    }
}
