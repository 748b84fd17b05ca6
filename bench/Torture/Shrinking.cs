namespace ImagePrediction.Torture;

/// <summary>Delta debugging (A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002): finds a short part of a list that still fails.</summary>
internal static class Shrinking
{
    /// <summary>Tries halves first, then smaller pieces and their complements, until no piece can be removed or the number of tries is reached.</summary>
    public static async Task<IReadOnlyList<T>> ShrinkAsync<T>(IReadOnlyList<T> whole, Func<IReadOnlyList<T>, Task<bool>> failsAsync, int tries)
    {
        var (shortest, pieces) = (whole, 2);
        while (shortest.Count > 1)
        {
            var size = (shortest.Count + pieces - 1) / pieces;
            var cuts = shortest.Chunk(size).ToList();
            var candidates = cuts.Select(piece => (Part: (IReadOnlyList<T>)piece, Pieces: 2));
            if (pieces > 2 || cuts.Count > 2) // of two halves, each is what is left without the other
                candidates = candidates.Concat(cuts.Select((_, i) => (Part: (IReadOnlyList<T>)[.. cuts.Where((_, j) => j != i).SelectMany(piece => piece)], Pieces: Math.Max(2, pieces - 1))));
            var found = false;
            foreach (var (part, next) in candidates)
            {
                if (tries-- <= 0)
                    return shortest;
                if (!await failsAsync(part))
                    continue;
                (shortest, pieces, found) = (part, next, true);
                break;
            }
            if (found)
                continue;
            if (size == 1)
                break;
            pieces = Math.Min(shortest.Count, pieces * 2);
        }
        return shortest;
    }
}
