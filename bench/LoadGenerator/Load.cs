using System.Diagnostics;
using System.Security.Cryptography;

namespace ImagePrediction.Bench;

/// <summary>Posts the photos, in closed or open loop, and records every response in the ledger.</summary>
internal sealed class Load(Options options, Photo[] photos, HttpMessageInvoker http, Ledger ledger, CancellationToken stop)
{
    private const int WarmUps = 256;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ulong _run = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private long _taken = -1;
    private long _start;

    private bool IsOver => stop.IsCancellationRequested || Stopwatch.GetElapsedTime(_start) >= options.Duration;

    /// <summary>Opens the connections and has the client compiled, by requesting an id that does not exist.</summary>
    public Task WarmUpAsync() => Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Task.Run(async () =>
    {
        using var caller = new Caller(http, options.Url, stop);
        for (var i = 0; i < Math.Max(1, WarmUps / options.Connections); i++)
            await caller.GetAsync(Guid.CreateVersion7().ToString());
    })));

    /// <summary>Ends when all are posted, the time is up or the run was stopped.</summary>
    public async Task RunAsync()
    {
        ledger.PostingStarts();
        _start = Stopwatch.GetTimestamp();
        var pacer = options.Rate is { } rate ? new Pacer(rate, options.Count, options.Duration) : null;
        pacer?.Start(stop);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, options.Connections)
                .Select(_ => Task.Run(() => pacer is null ? PostInTurnAsync() : PostOnTimeAsync(pacer))));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is known so far gets reported.
        }
    }

    /// <summary>Closed loop: the next POST starts when the previous one was answered.</summary>
    private async Task PostInTurnAsync()
    {
        using var caller = new Caller(http, options.Url, stop);
        while (!IsOver && Interlocked.Increment(ref _taken) is var number && number < options.Count)
            await PostUntilTakenAsync(caller, number);
    }

    private async Task PostUntilTakenAsync(Caller caller, long number)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var sent = Stopwatch.GetTimestamp();
            var reply = await PostAsync(caller, number);
            if (Settle(reply, sent))
                return;
            if (reply.IsRefusal)
            {
                ledger.AddRefused(reply);
            }
            else if (options.Retry && reply.IsTransient && Stopwatch.GetElapsedTime(begun) < options.Deadline)
            {
                ledger.AddRetried(reply);
            }
            else
            {
                ledger.AddFailed(reply);
                await Task.Delay(100, stop); // a dead server fails fast: avoid a busy loop
                return;
            }

            await Task.Delay(Pause(reply, attempt), stop);
            if (IsOver)
                return;
        }
    }

    /// <summary>Open loop: a POST starts when it is due, or late if all connections are busy; its latency counts from the due time.</summary>
    private async Task PostOnTimeAsync(Pacer pacer)
    {
        using var caller = new Caller(http, options.Url, stop);
        await foreach (var number in pacer.Due.ReadAllAsync(stop))
        {
            var due = pacer.DueAt(number);
            ledger.AddSlip(Stopwatch.GetElapsedTime(due));
            var reply = await PostAsync(caller, number);
            if (Settle(reply, due))
                continue;
            if (reply.IsRefusal)
                ledger.AddRefused(reply);
            else
                ledger.AddFailed(reply);
        }
    }

    private Task<Reply> PostAsync(Caller caller, long number)
    {
        var photo = photos[number % photos.Length];
        return caller.PostAsync(new(photo, photo.Stamp(_run, number), options.Size, options.UploadRate), options.PreferWait);
    }

    private bool Settle(Reply reply, long since)
    {
        if (reply.Body?.Id is not { } id)
            return false;
        ledger.AddAccepted(id, Stopwatch.GetElapsedTime(since));
        return true;
    }

    private static TimeSpan Pause(Reply reply, int attempt)
    {
        var pause = reply.RetryAfter ?? TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(attempt, 5) - 1));
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }
}
