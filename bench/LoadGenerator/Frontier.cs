namespace ImagePrediction.Bench;

/// <summary>
/// Estimates with a dozen GETs how far the server has got: tasks finish roughly in the order they were accepted, so a
/// binary search finds the border between final and unfinished. For progress, and for deciding when to collect.
/// </summary>
internal sealed class Frontier(Ledger ledger, Caller caller)
{
    /// <summary>About how many of the accepted are final. Never decreases.</summary>
    public int Done { get; private set; }

    public async Task AdvanceAsync()
    {
        var done = Done;
        var open = ledger.Accepted;
        var middle = open - 1; // the last one first: often no other GET is needed
        while (done < open)
        {
            var id = ledger.IdAt(middle);
            var reply = await caller.GetAsync(id);
            ledger.AddGet(reply);
            if (reply.Status is not (200 or 404))
                break; // the server is unavailable
            if (reply.Body is { IsFinal: true })
                done = middle + 1;
            else
                open = middle;
            middle = done + ((open - done) / 2);
        }

        Done = done;
    }
}
