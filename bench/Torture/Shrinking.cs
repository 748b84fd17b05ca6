namespace ImagePrediction.Torture;

/// <summary>Delta debugging (Zeller): the shortest part of a list that is found to fail still.</summary>
internal static class Shrinking
{
    /// <summary>Tries halves first, then smaller pieces and what is left without them, until no piece can go or the tries are used up.</summary>
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
