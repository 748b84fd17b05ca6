using System.Collections.Concurrent;
using System.Diagnostics;

namespace ImagePrediction.Torture;

/// <summary>
/// Replaces instances while the service is running, as an upgrade does: starts another process of the same program, with the same environment,
/// and terminates the old one. <c>./run</c> does not restart a process that exits cleanly, nor a worker while its API has exited, so this
/// class supervises the new ones.
/// </summary>
/// <param name="service">The service whose instances are replaced.</param>
/// <param name="count">How many workers there are afterwards.</param>
/// <param name="history">Receives the errors that new instances log.</param>
internal sealed class Replacements(Service service, int count, History history) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), ARestartByRun = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(90); // it may be suspended for a minute

    private readonly ConcurrentBag<Instance> _instances = [];
    private readonly SemaphoreSlim _one = new(1); // the schedule does not know how long a replacement takes
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>Replaces one worker after the other; each new one is ready before an old one gets SIGTERM.</summary>
    public Task<string> ReplaceWorkersAsync(CancellationToken stopping) => AloneAsync(async () => await TryReplaceWorkersAsync(stopping) ?? $"{count} workers");

    /// <summary>
    /// Replaces the API after the workers, since <c>./run</c> would not restart a worker of its own any more. The new API starts when the old
    /// one has exited, since both use the same port.
    /// </summary>
    public Task<string> ReplaceApiAsync(CancellationToken stopping) => AloneAsync(async () =>
    {
        if (await TryReplaceWorkersAsync(stopping) is { } reason)
            return reason;
        if (service.Apis is not [var old])
            return Excuses.NotDone + "there is none";
        if (!await TryEndAsync(old, stopping))
            return Excuses.InVain + $"{old.Id} did not end";
        for (var began = Stopwatch.StartNew(); began.Elapsed < ARestartByRun; await Task.Delay(100, CancellationToken.None))
            if (service.Apis.Count > 0)
                return Excuses.InVain + "it was killed before it ended, and restarted";
        Start(old, null);
        return await IsReadyAsync(service.Url, stopping) ? $"process {old.Id}" : Excuses.InVain + "the new one was not ready after 30 s";
    });

    private async Task<string> AloneAsync(Func<Task<string>> replace)
    {
        await _one.WaitAsync();
        try
        {
            return await replace();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Null if it succeeds, else the reason.</summary>
    private async Task<string?> TryReplaceWorkersAsync(CancellationToken stopping)
    {
        var old = new Queue<ProcessOf>(service.Workers);
        if (!old.TryPeek(out var like))
            return Excuses.NotDone + "there is none";
        for (var i = 0; i < count; i++)
        {
            var url = new Uri($"http://127.0.0.1:{Service.FreePort()}");
            var next = Start(like, url);
            if (!await IsReadyAsync(url, stopping))
            {
                next.End();
                return Excuses.InVain + $"the new one did not become ready after {i} others";
            }
            if (old.TryDequeue(out var first) && !await TryEndAsync(first, stopping))
                return Excuses.InVain + $"{first.Id} did not end";
        }
        while (old.TryDequeue(out var one))
            if (!await TryEndAsync(one, stopping))
                return Excuses.InVain + $"{one.Id} did not end";
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
            instance.End();
        await Task.WhenAll(_instances.Select(instance => instance.Running)).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _one.Dispose();
    }

    private Instance Start(ProcessOf old, Uri? url)
    {
        var instance = new Instance(old, url, history);
        _instances.Add(instance);
        return instance;
    }

    private async Task<bool> TryEndAsync(ProcessOf old, CancellationToken stopping)
    {
        if (_instances.FirstOrDefault(one => one.Has(old.Id)) is { } ours)
            ours.End();
        else
            old.Signal(ProcessOf.Terminate);
        for (var began = Stopwatch.StartNew(); old.IsAlive; await Task.Delay(100, CancellationToken.None))
            if (stopping.IsCancellationRequested || began.Elapsed > LongestStop)
                return false;
        return true;
    }

    private async Task<bool> IsReadyAsync(Uri url, CancellationToken stopping)
    {
        for (var began = Stopwatch.StartNew(); began.Elapsed < Patience && !stopping.IsCancellationRequested; await Task.Delay(100, CancellationToken.None))
        {
            try
            {
                using var response = await _http.GetAsync(new Uri(url, "/health"), stopping);
                if (response.IsSuccessStatusCode)
                    return true;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or OperationCanceledException)
            {
                // Not ready yet.
            }
        }
        return false;
    }

    /// <summary>A process that is restarted whenever it exits without having been asked to.</summary>
    private sealed class Instance
    {
        private readonly History _history;
        private readonly string _name;
        private readonly ProcessStartInfo _start;
        private readonly ConcurrentBag<int> _ids = [];
        private volatile bool _isToEnd;
        private volatile int _id;

        public Instance(ProcessOf like, Uri? url, History history)
        {
            _history = history;
            var command = like.Command.Split('\0', StringSplitOptions.RemoveEmptyEntries);
            _name = like.Runs("ImagePrediction.Api") ? "api" : "worker";
            _start = new(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(command[0]) };
            _start.Environment.Clear();
            foreach (var variable in like.Environment.Split('\0', StringSplitOptions.RemoveEmptyEntries))
                _start.Environment[variable[..variable.IndexOf('=')]] = variable[(variable.IndexOf('=') + 1)..];
            _start.Environment.Remove("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION");
            if (url is not null)
                _start.Environment["ASPNETCORE_URLS"] = url.ToString();
            Running = RunAsync();
        }

        /// <summary>Whether one of its processes, dead ones included, has this id.</summary>
        public bool Has(int id) => _ids.Contains(id);

        public Task Running { get; }

        public void End()
        {
            _isToEnd = true;
            if (_id is var id and not 0)
                Native.Kill(id, ProcessOf.Terminate);
        }

        private async Task RunAsync()
        {
            while (!_isToEnd)
            {
                using var process = new Process { StartInfo = _start };
                process.OutputDataReceived += (_, e) => Note(e.Data);
                process.ErrorDataReceived += (_, e) => Note(e.Data);
                process.Start();
                process.BeginOutputReadLine();
                process.BeginErrorReadLine();
                _id = process.Id;
                _ids.Add(_id);
                if (_isToEnd)
                    End(); // it was asked to before it had an id
                await process.WaitForExitAsync();
                _id = 0;
                if (!_isToEnd)
                    await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }

        // Errors of other instances are read from their log files.
        private void Note(string? line)
        {
            if (line?.StartsWith("fail: ", StringComparison.Ordinal) == true || line?.StartsWith("crit: ", StringComparison.Ordinal) == true
                || line?.StartsWith("Unhandled exception", StringComparison.Ordinal) == true)
                _history.Add(new("log", _name, _history.Now) { Text = line });
        }
    }
}
