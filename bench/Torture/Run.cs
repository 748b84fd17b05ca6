using System.Diagnostics;
using StackExchange.Redis;

namespace ImagePrediction.Torture;

/// <summary>Options of a run.</summary>
internal sealed record Options
{
    public double Seconds { get; init; } = 600;

    public int Seed { get; init; } = 1;

    public int Clients { get; init; } = 12;

    /// <summary>Maximum number of predictions per second that all clients together start.</summary>
    public double Rate { get; init; } = 30;

    public int Workers { get; init; } = 3;

    /// <summary>An ONNX file in place of the shipped model.</summary>
    public string? Model { get; init; }

    /// <summary>The data folder is a tmpfs that is filled up from time to time; needs root.</summary>
    public bool SmallDisk { get; init; }

    /// <summary>Packets between services and servers are dropped; needs root and nftables.</summary>
    public bool Network { get; init; }

    /// <summary>The API's clock is wrong from time to time; needs a C compiler.</summary>
    public bool Clock { get; init; }

    /// <summary>Only these faults; null for those of the seed.</summary>
    public IReadOnlyList<Fault>? Faults { get; init; }

    /// <summary>The numbers of these faults in the schedule of the seed.</summary>
    public IReadOnlyList<int>? Numbers { get; init; }

    /// <summary>The number of a fault in the schedule of the seed.</summary>
    public int NumberOf(Fault fault) => Schedule.ToList().IndexOf(fault) is var index && Numbers is null ? index : Numbers[index];

    /// <summary>Maximum number of replays to find the shortest part of the schedule that still fails.</summary>
    public int Replays { get; init; } = 6;

    public IReadOnlyList<Fault> Schedule => Faults ?? Plan.FaultsOf(Seed, Seconds,
        [.. Enum.GetValues<FaultKind>().Where(kind => kind switch
        {
            FaultKind.DiskFull => SmallDisk,
            FaultKind.PartRedis or FaultKind.PartPostgres or FaultKind.LossyRedis or FaultKind.LossyPostgres => Network,
            FaultKind.WrongClock => Clock,
            _ => true,
        })]);
}

/// <summary>The result of a run.</summary>
internal sealed record Result(IReadOnlyList<Event> Events, IReadOnlyList<Violation> Violations);

/// <summary>One run: a service, its clients, its faults, and what is found at the end.</summary>
internal static class Run
{
    /// <summary>How long after the last fault predictions may take to become final. Generous, since other programs may use the machine as well.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);

    // How long clients continue after the last fault: until its consequences are seen, and in a long run until nothing excuses an error any more.
    private static readonly TimeSpan AfterTheLast = TimeSpan.FromSeconds(5);

    private const int MostReadAgain = 1_000;
    private const int WithoutDisturbance = -1;

    /// <exception cref="InvalidOperationException">The service does not start.</exception>
    public static async Task<Result> ExecuteAsync(Options options, Action<string> say, string? historyFile, CancellationToken stopping)
    {
        var folder = Directory.CreateTempSubdirectory("torture-");
        try
        {
            await using var disk = options.SmallDisk ? await SmallDisk.MountAsync(folder.FullName, mebibytes: 2048 + (long)(options.Rate * options.Seconds / 64)) : null;
            await using var network = options.Network ? await Network.PrepareAsync() : null;
            var history = new History();
            await using var receiver = await Receiver.StartAsync(history, options.Seed);
            await using var service = await Service.StartAsync(folder.FullName, options, receiver.Url, stopping);
            await using var replacements = new Replacements(service, options.Workers, history);
            history.Add(new("fault", "Start", history.Now) { Began = 0 }); // on a busy machine it logs what is not there yet
            say($"ready after {history.Now:0} s");
            try
            {
                await ExecuteAsync(options, service, replacements, receiver.Url, history, say, stopping);
            }
            finally
            {
                if (historyFile is not null)
                    await history.WriteAsync(historyFile); // also what an error of the harness would otherwise lose
            }
            return new(history.Events, Checker.Check(history.Events));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task ExecuteAsync(Options options, Service service, Replacements replacements, Uri receiver, History history, Action<string> say, CancellationToken stopping)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        await using var redis = await ConnectionMultiplexer.ConnectAsync(service.Redis);
        var observer = new Observer(service, redis, history);
        await observer.WatchChangesAsync();
        await observer.WatchNoticesAsync();
        Client Of(int number) => new(number, options.Seed, service.Url, receiver, history, http);
        await Parallel.ForAsync(0, Pictures.Count, stopping, async (photo, cancel) => await Of(WithoutDisturbance).LearnAsync(photo, cancel));
        say($"the answers of an undisturbed run are known after {history.Now:0} s");

        var schedule = options.Schedule;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var givesUp = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var memory = observer.WatchMemoryAsync(ends.Token);
        var clients = Enumerable.Range(0, options.Clients).Select(number => Of(number).LiveAsync(TimeSpan.FromSeconds(options.Clients / options.Rate), ends.Token, givesUp.Token)).ToList();
        await new Faults(service, replacements, redis, history).DoAsync(schedule, stopping);
        await Task.Delay(options.Seconds < Plan.CalmEvery ? AfterTheLast : TimeSpan.FromSeconds(Plan.Calm), stopping);
        say($"{schedule.Count} faults are over after {history.Now:0} s");
        await ends.CancelAsync();
        givesUp.CancelAfter(Bound);
        await Task.WhenAll([.. clients, memory]);
        await SettleAsync(observer, http);
        say($"all is quiet after {history.Now:0} s");

        await ReadAgainAsync(Of(options.Clients), history, stopping);
        await observer.ReadAllAsync(http);
        stopping.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until every prediction is final, or until the bound is reached: the checker reports what is not final then.</summary>
    private static async Task SettleAsync(Observer observer, HttpClient http)
    {
        var began = Stopwatch.StartNew();
        while (began.Elapsed < Bound && (await observer.CountOpenAsync() != 0 || await observer.CountQueuedAsync(http) != 0))
            await Task.Delay(500);
    }

    /// <summary>Reads accepted predictions once more: the newest and the oldest, as many as do not take long.</summary>
    private static async Task ReadAgainAsync(Client client, History history, CancellationToken stopping)
    {
        var ids = history.Events.Where(what => what is { Kind: "call", Op: "post", Status: 200 or 202 }).Select(post => post.Id!.Value).Distinct().ToList();
        await Parallel.ForEachAsync(ids.Take(MostReadAgain).Union(ids.TakeLast(MostReadAgain)), stopping, async (id, cancel) => await client.GetLastAsync(id, cancel));
    }
}
