namespace ImagePrediction.Store;

/// <summary>What waits.</summary>
public sealed record QueueState
{
    /// <summary>How many parts the line is cut into by <see cref="Marks"/>.</summary>
    public const int Parts = 20;

    /// <summary>Nothing waits.</summary>
    public static readonly QueueState Empty = new() { Depth = 0, OldestAge = TimeSpan.Zero, Marks = [], DepthByOwner = new Dictionary<string, long>() };

    /// <summary>How many predictions.</summary>
    public required long Depth { get; init; }

    /// <summary>How long the oldest of them has waited; zero when there is none.</summary>
    public required TimeSpan OldestAge { get; init; }

    /// <summary>When the first, the last, and those at equal distances in between were hinted; empty when nothing waits.</summary>
    public required IReadOnlyList<DateTime> Marks { get; init; }

    /// <summary>How many of each API key; empty where it was not asked for.</summary>
    public required IReadOnlyDictionary<string, long> DepthByOwner { get; init; }

    /// <summary>About where in the line a prediction stands that was hinted at this moment; 1 is next.</summary>
    public long PositionOf(DateTime hintedAt)
    {
        var passed = 0;
        while (passed < Marks.Count && Marks[passed] <= hintedAt)
            passed++;
        if (passed == 0)
            return 1;
        if (passed == Marks.Count)
            return hintedAt > Marks[^1] ? Depth + 1 : Depth;
        var (from, to) = (Marks[passed - 1], Marks[passed]);
        var within = (hintedAt - from) / (to - from);
        return 1 + (long)((passed - 1 + within) / Parts * (Depth - 1));
    }
}
