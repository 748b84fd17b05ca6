using System.Diagnostics;

namespace ImagePrediction.Bench;

/// <summary>Reads the outcome of every accepted id, oldest first, in passes over those that are still open.</summary>
internal sealed class Collector(Options options, HttpMessageInvoker http, Ledger ledger, CancellationToken stop)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Ends when all are final; those that are not at the deadline are lost.</summary>
    /// <param name="deadline">A timestamp.</param>
    public async Task RunAsync(long deadline)
    {
        string[] open = [.. ledger.Ids];
        for (var pause = FirstPause; open.Length > 0; pause = pause < LongestPause ? pause * 2 : pause)
        {
            var isLast = Stopwatch.GetTimestamp() >= deadline;
            var begun = Stopwatch.GetTimestamp();
            open = await PassAsync(open);
            if (isLast || stop.IsCancellationRequested)
                break;

            // Busy at most half of the time, however long a pass over a large backlog takes.
            var took = Stopwatch.GetElapsedTime(begun);
            var wait = TimeSpan.FromTicks(Math.Max(pause.Ticks, took.Ticks));
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline);
            if (open.Length > 0 && left > TimeSpan.Zero)
                await Task.Delay(wait < left ? wait : left, stop);
        }

        foreach (var id in open)
            ledger.AddLost(id, "not final");
    }

    /// <summary>Fetches each once; returns those still open, in order.</summary>
    private async Task<string[]> PassAsync(string[] ids)
    {
        var settled = new bool[ids.Length];
        var taken = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Connections, 16)).Select(_ => Task.Run(AskInTurnAsync)));
        return [.. ids.Where((_, i) => !settled[i])];

        async Task AskInTurnAsync()
        {
            using var caller = new Caller(http, options.Url, stop);
            while (Interlocked.Increment(ref taken) is var i && i < ids.Length)
                settled[i] = await AskAsync(caller, ids[i]);
        }
    }

    private async Task<bool> AskAsync(Caller caller, string id)
    {
        var reply = await caller.GetAsync(id);
        ledger.AddGet(reply);
        if (reply.Status == 404)
            ledger.AddLost(id, "404");
        else if (reply is { Status: 200, Body: { IsFinal: true } body })
            ledger.AddFinal(body);
        else
            return false;
        return true;
    }
}
