using System.Diagnostics;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Torture;

/// <summary>Injects the faults of a schedule, and ends those that last.</summary>
internal sealed class Faults(Service service, Replacements replacements, IConnectionMultiplexer redis, History history)
{
    private const int Lossy = 30; // packets of a hundred
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Injects all faults, each at its time; returns when the last one has ended.</summary>
    public async Task DoAsync(IReadOnlyList<Fault> faults, CancellationToken stopping)
    {
        var began = Stopwatch.StartNew();
        await Task.WhenAll(faults.Select(async fault =>
        {
            if (TimeSpan.FromSeconds(fault.At) - began.Elapsed is { Ticks: > 0 } wait)
                await Task.Delay(wait, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested)
                return;
            var at = history.Now;
            string what;
            try
            {
                what = await DoAsync(fault, stopping);
            }
            catch (Exception away) when (away is RedisException or NpgsqlException or TimeoutException or IOException or InvalidOperationException
                || (away is OperationCanceledException && !stopping.IsCancellationRequested)) // a lost connection to Redis cancels its commands
            {
                what = Excuses.InVain + away.Message; // another fault had taken away what it needs
            }
            history.Add(new("fault", fault.Kind.ToString(), history.Now) { Began = at, Text = what });
        }));
    }

    private Task<string> DoAsync(Fault fault, CancellationToken stopping) => fault.Kind switch
    {
        FaultKind.KillApi => KillAsync(service.Apis),
        FaultKind.KillWorker => KillAsync(One(service.Workers, fault)),
        FaultKind.KillWorkers => KillAsync(service.Workers),
        FaultKind.KillRedis => KillAsync(service.RedisServers),
        FaultKind.KillPostgres => KillAsync(service.Postgres),
        FaultKind.HaltApi => HaltAsync(service.Apis, fault, stopping),
        FaultKind.HaltWorker => HaltAsync(One(service.Workers, fault), fault, stopping),
        FaultKind.HaltWorkers => HaltAsync(service.Workers, fault, stopping),
        FaultKind.HaltRedis => HaltAsync(service.RedisServers, fault, stopping),
        FaultKind.HaltPostgres => HaltAsync(service.Postgres, fault, stopping),
        FaultKind.SlowWorker => SlowAsync(One(service.Workers, fault), fault, stopping),
        FaultKind.LateWorker => DelayAsync(fault, stopping),
        FaultKind.EmptyRedis => AskRedisAsync("FLUSHALL"),
        FaultKind.CutRedis => CutRedisAsync(),
        FaultKind.CutPostgres => CutPostgresAsync(),
        FaultKind.ImagesAway => TakeImagesAwayAsync(fault, stopping),
        FaultKind.ReplaceApi => replacements.ReplaceApiAsync(stopping),
        FaultKind.ReplaceWorkers => replacements.ReplaceWorkersAsync(stopping),
        FaultKind.PartRedis => DropAsync(service.RedisPort, 100, fault, stopping),
        FaultKind.PartPostgres => DropAsync(service.PostgresPort, 100, fault, stopping),
        FaultKind.LossyRedis => DropAsync(service.RedisPort, Lossy, fault, stopping),
        FaultKind.LossyPostgres => DropAsync(service.PostgresPort, Lossy, fault, stopping),
        FaultKind.WrongClock => Clock.SetAsync(service.Data, fault, stopping),
        _ => SmallDisk.FillAsync(service.Data, TimeSpan.FromSeconds(fault.Seconds), stopping),
    };

    private static IReadOnlyList<ProcessOf> One(IReadOnlyList<ProcessOf> all, Fault fault) => all.Count == 0 ? [] : [all[fault.Target % all.Count]];

    private static Task<string> KillAsync(IReadOnlyList<ProcessOf> processes) => Task.FromResult(Signal(processes, ProcessOf.Kill));

    private static async Task<string> HaltAsync(IReadOnlyList<ProcessOf> processes, Fault fault, CancellationToken stopping)
    {
        var said = Signal(processes, ProcessOf.Stop);
        await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Signal(processes, ProcessOf.Continue);
        return said;
    }

    /// <summary>
    /// A worker's results reach the database when another worker already holds the same tasks. Its connections are suspended at Postgres'
    /// end; once it has written its results into them, the worker itself is suspended. The other workers are slowed down until one of them
    /// has claimed such a task, so that this moment is not missed, and suspended while the late results arrive.
    /// </summary>
    private async Task<string> DelayAsync(Fault fault, CancellationToken stopping)
    {
        var began = Stopwatch.StartNew();
        bool IsOver() => began.Elapsed.TotalSeconds >= fault.Seconds || stopping.IsCancellationRequested;
        IReadOnlyList<ProcessOf> late = [], connections = [], others = [];
        HashSet<Guid> held = [];
        var taken = false;
        try
        {
            while (held.Count == 0 && !IsOver())
            {
                Signal([.. connections, .. late], ProcessOf.Continue);
                await Task.Delay(20, CancellationToken.None);
                late = One(service.Workers, fault);
                connections = await ConnectionsOfAsync(late);
                Signal(connections, ProcessOf.Stop);
                await Task.Delay(300, CancellationToken.None);
                Signal(late, ProcessOf.Stop);
                held = await HeldByAsync(late);
            }
            while (held.Count > 0 && !taken && !IsOver())
            {
                others = [.. service.Workers.Where(worker => late.All(one => one.Id != worker.Id))]; // also those that are started now
                Signal(others, ProcessOf.Stop);
                await Task.Delay(200, CancellationToken.None);
                taken = held.Overlaps(await HeldByAsync(others));
                if (!taken)
                {
                    Signal(others, ProcessOf.Continue);
                    await Task.Delay(25, CancellationToken.None);
                }
            }
            Signal([.. connections, .. late], ProcessOf.Continue);
            if (taken)
                await Task.Delay(TimeSpan.FromSeconds(3), CancellationToken.None);
            return taken ? $"process {string.Join(' ', late.Select(one => one.Id))}, of whose {held.Count} tasks another had taken some" : Excuses.InVain + "no other took what it held";
        }
        finally
        {
            Signal([.. connections, .. late, .. others], ProcessOf.Continue);
        }
    }

    private async Task<IReadOnlyList<ProcessOf>> ConnectionsOfAsync(IReadOnlyList<ProcessOf> workers)
    {
        var ids = await AskAsync<int>("SELECT pid FROM pg_stat_activity WHERE application_name = ANY($1)", workers.Select(worker => $"ImagePrediction.Worker/{worker.Id}").ToArray());
        return [.. service.Postgres.Where(process => ids.Contains(process.Id))];
    }

    private Task<HashSet<Guid>> HeldByAsync(IReadOnlyList<ProcessOf> workers) => AskAsync<Guid>(
        "SELECT id FROM predictions WHERE status = 'processing' AND split_part(worker, '/', -1)::int = ANY($1)", workers.Select(worker => worker.Id).ToArray());

    /// <summary>The database's answer; empty while another fault makes it unavailable.</summary>
    private async Task<HashSet<T>> AskAsync<T>(string sql, object parameter)
    {
        HashSet<T> answers = [];
        try
        {
            await using var command = service.Database.CreateCommand(sql);
            command.Parameters.Add(new() { Value = parameter });
            command.CommandTimeout = (int)Patience.TotalSeconds;
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                answers.Add(reader.GetFieldValue<T>(0));
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            answers.Clear();
        }
        return answers;
    }

    /// <summary>Lets processes run for one twentieth of the time.</summary>
    private static async Task<string> SlowAsync(IReadOnlyList<ProcessOf> processes, Fault fault, CancellationToken stopping)
    {
        var said = Signal(processes, ProcessOf.Stop);
        for (var began = Stopwatch.StartNew(); began.Elapsed.TotalSeconds < fault.Seconds && !stopping.IsCancellationRequested;)
        {
            await Task.Delay(475, CancellationToken.None);
            Signal(processes, ProcessOf.Continue);
            await Task.Delay(25, CancellationToken.None);
            Signal(processes, ProcessOf.Stop);
        }
        Signal(processes, ProcessOf.Continue);
        return said;
    }

    private async Task<string> AskRedisAsync(string command, params object[] arguments) =>
        (await redis.GetDatabase().ExecuteAsync(command, arguments).WaitAsync(Patience)).ToString();

    private async Task<string> CutRedisAsync()
    {
        var cut = new[] { await AskRedisAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), await AskRedisAsync("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes") };
        return cut.All(count => count == "0") ? Excuses.NotDone + "there was no connection" : $"{cut[0]} + {cut[1]} connections";
    }

    private async Task<string> CutPostgresAsync()
    {
        await using var command = service.Database.CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'ImagePrediction%'");
        return await command.ExecuteScalarAsync().WaitAsync(Patience) is long and > 0 and var cut ? $"{cut} connections" : Excuses.NotDone + "there was no connection";
    }

    private async Task<string> TakeImagesAwayAsync(Fault fault, CancellationToken stopping)
    {
        var elsewhere = $"{service.Images}.away";
        await File.Create(elsewhere).DisposeAsync();
        Native.Exchange(service.Images, elsewhere);
        await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Native.Exchange(service.Images, elsewhere);
        File.Delete(elsewhere);
        return "";
    }

    private static Task<string> DropAsync(int port, int percent, Fault fault, CancellationToken stopping) =>
        Network.DropAsync(port, percent, TimeSpan.FromSeconds(fault.Seconds), stopping);

    private static string Signal(IReadOnlyList<ProcessOf> processes, int signal)
    {
        foreach (var process in processes)
            process.Signal(signal);
        return processes.Count == 0 ? Excuses.NotDone + "there is none" : $"processes {string.Join(' ', processes.Select(process => process.Id))}";
    }
}
