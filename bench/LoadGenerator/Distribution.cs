namespace ImagePrediction.Bench;

/// <summary>Percentiles of a set of milliseconds (nearest rank: each is a value that occurred).</summary>
internal sealed record Distribution(double P50, double P90, double P99, double Max)
{
    /// <summary>Null if there are no values.</summary>
    public static Distribution? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new Distribution(At(50), At(90), At(99), Math.Round(sorted[^1], 3));

        double At(int percent) => Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)], 3);
    }

    public override string ToString() => $"p50 {P50:N1}   p90 {P90:N1}   p99 {P99:N1}   max {Max:N1}";
}
