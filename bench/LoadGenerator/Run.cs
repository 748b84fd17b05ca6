using System.Diagnostics;

namespace ImagePrediction.Bench;

/// <summary>One run: post, wait until nearly all are final, collect. Prints progress on stderr every second.</summary>
internal sealed class Run(Options options, Photo[] photos, Ledger ledger, CancellationToken stop) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _http = Caller.Connect(options.Connections + 2);
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _accepted;
    private int _done;

    /// <summary>Processor time of this process while posting.</summary>
    public TimeSpan PostingCpu { get; private set; }

    /// <summary>Processor time of this process while collecting.</summary>
    public TimeSpan CollectingCpu { get; private set; }

    /// <summary>Number of GETs made while collecting.</summary>
    public int CollectingGets { get; private set; }

    public async Task ExecuteAsync()
    {
        using var caller = new Caller(_http, options.Url, stop);
        var frontier = new Frontier(ledger, caller);
        try
        {
            if (options.CheckFile is null)
            {
                var load = new Load(options, photos, _http, ledger, stop);
                await load.WarmUpAsync();
                PostingCpu = await TimedAsync(() => TellAsync(load.RunAsync(), frontier));
            }

            var deadline = Stopwatch.GetTimestamp() + (long)(options.Deadline.TotalSeconds * Stopwatch.Frequency);
            if (!options.Wait || stop.IsCancellationRequested)
                return;
            await DrainAsync(frontier, deadline);
            var gets = ledger.Gets;
            CollectingCpu = await TimedAsync(() => TellAsync(new Collector(options, _http, ledger, stop).RunAsync(deadline), null));
            CollectingGets = ledger.Gets - gets;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is known so far gets reported.
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<TimeSpan> TimedAsync(Func<Task> phase)
    {
        var before = Environment.CpuUsage.TotalTime;
        await phase();
        return Environment.CpuUsage.TotalTime - before;
    }

    /// <summary>
    /// Collecting would take CPU from the server while it works, and the times are in the response bodies anyway, so wait
    /// until nearly all are final, or progress stalls.
    /// </summary>
    private async Task DrainAsync(Frontier frontier, long deadline)
    {
        var moved = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() < deadline && Stopwatch.GetElapsedTime(moved) < Stall)
        {
            var before = frontier.Done;
            await frontier.AdvanceAsync();
            if (frontier.Done > before)
                moved = Stopwatch.GetTimestamp();
            if (frontier.Done >= ledger.Accepted - Math.Max(16, ledger.Accepted / 200))
                return;
            await Task.Delay(Tick, stop);
            Tell(frontier);
        }
    }

    private async Task TellAsync(Task phase, Frontier? frontier)
    {
        while (await Task.WhenAny(phase, Task.Delay(Tick, stop)) != phase && !stop.IsCancellationRequested)
        {
            if (frontier is not null && options.Wait)
                await frontier.AdvanceAsync();
            Tell(frontier);
        }

        await phase;
    }

    private void Tell(Frontier? frontier)
    {
        var (accepted, done) = (ledger.Accepted, frontier?.Done ?? ledger.Finals.Count);
        var collecting = frontier is null ? "collecting" : "about";
        Console.Error.WriteLine(
            $"{Stopwatch.GetElapsedTime(_start).TotalSeconds,4:N0} s   accepted {accepted:N0} ({accepted - _accepted:N0}/s)   " +
            $"final {collecting} {done:N0} ({Math.Max(0, done - _done):N0}/s)   gets {ledger.Gets:N0}");
        (_accepted, _done) = (accepted, done);
    }
}
