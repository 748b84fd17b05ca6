namespace ImagePrediction.Bench;

/// <summary>
/// How far the server has come, for a dozen GETs: tasks finish roughly in the order they were accepted, so the border
/// between final and unfinished is found by halving. An estimate, for progress and for knowing when to collect.
/// </summary>
internal sealed class Frontier(Ledger ledger, Caller caller)
{
    /// <summary>About so many of the accepted are final. Never falls.</summary>
    public int Done { get; private set; }

    public async Task AdvanceAsync()
    {
        var done = Done;
        var open = ledger.Accepted;
        var middle = open - 1; // the last one first: often it is all that has to be asked
        while (done < open)
        {
            var id = ledger.IdAt(middle);
            var reply = await caller.GetAsync(id);
            ledger.AddGet(reply);
            if (reply.Status is not (200 or 404))
                break; // the server is away
            if (reply.Body is { IsFinal: true })
                done = middle + 1;
            else
                open = middle;
            middle = done + ((open - done) / 2);
        }

        Done = done;
    }
}
