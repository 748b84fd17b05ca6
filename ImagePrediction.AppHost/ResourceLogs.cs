using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;

namespace ImagePrediction.AppHost;

/// <summary>Writes what each service and server prints to <c>logs/NAME.log</c> in the data folder, and on request to the console.</summary>
internal sealed partial class ResourceLogs(ResourceNotificationService notifications, ResourceLoggerService loggers, RunSettings settings) : BackgroundService
{
    private const long LargestFile = 32 << 20;
    private readonly ConcurrentDictionary<string, LogFile> _files = [];
    private readonly List<Task> _instances = [];

    /// <summary>The name of an instance in the dashboard: its resource's name, or its id if there are several.</summary>
    public static string NameOf(ResourceEvent instance) => instance.Resource.GetReplicaCount() > 1 ? instance.ResourceId : instance.Resource.Name;

    [GeneratedRegex(@"\e\[[0-9;]*m", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Colours();

    /// <summary>A line of a resource without the timestamp that Aspire prepends.</summary>
    public static string WithoutTime(string line) => line.IndexOf(' ') is > 0 and var space && DateTime.TryParse(line[..space], out _) ? line[(space + 1)..] : line;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        HashSet<string> known = [];
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
                if (change.Resource is ProjectResource or NativeServer or ContainerResource && known.Add(change.ResourceId))
                    _instances.Add(KeepAsync(change, stoppingToken));
        }
        finally
        {
            await Task.WhenAll(_instances).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var file in _files.Values)
                file.Dispose();
        }
    }

    private async Task KeepAsync(ResourceEvent instance, CancellationToken stopping)
    {
        var (resource, name) = (instance.Resource.Name, NameOf(instance));
        var file = _files.GetOrAdd(resource, _ => new LogFile(Path.Combine(settings.Data, "logs", $"{resource}.log"), LargestFile));
        await foreach (var lines in loggers.WatchAsync(instance.ResourceId).WithCancellation(stopping))
        {
            var texts = lines.Select(line => Colours().Replace(line.Content, "")).ToList();
            if (settings.Verbose)
                foreach (var text in texts)
                    await Console.Out.WriteLineAsync($"[{name}] {WithoutTime(text)}");
            file.Write(texts.Select(text => name == resource ? text : $"{name} {text}"));
        }
    }
}

/// <summary>A log file that is rotated on first use, and again whenever it has grown too large; one old file is kept.</summary>
internal sealed class LogFile(string path, long largest) : IDisposable
{
    private readonly Lock _lock = new();
    private StreamWriter? _writer;

    /// <summary>Appends lines; while the disk is full, they are lost.</summary>
    public void Write(IEnumerable<string> lines)
    {
        lock (_lock)
        {
            try
            {
                if (_writer is null || _writer.BaseStream.Position > largest)
                    Begin();
                foreach (var line in lines)
                    _writer!.WriteLine(line);
                _writer!.Flush();
            }
            catch (IOException)
            {
                // The dashboard still has them.
            }
        }
    }

    public void Dispose() => _writer?.Dispose();

    private void Begin()
    {
        _writer?.Dispose();
        _writer = null;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path))
            File.Move(path, Path.ChangeExtension(path, ".1.log"), overwrite: true);
        _writer = new(path);
    }
}
