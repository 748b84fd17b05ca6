using System.Globalization;
using Aspire.Hosting;
using LocalHosting.Processes;
using Microsoft.Extensions.Configuration;

namespace LocalHosting;

/// <summary>The folder of one run's data: servers' files, generated passwords, and who is running in it.</summary>
internal sealed class DataFolder(string path, bool isTemporary) : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string AppHost = "apphost";
    private FileStream? _lock;

    public string Path { get; } = path;
    public bool IsTemporary { get; } = isTemporary;
    private string Pids => System.IO.Path.Combine(Path, "pids");

    /// <summary><c>DataDir</c> or <c>DATA_DIR</c>, else <c>.data</c> at the root of the repository; for a test a folder of its own,
    /// which is kept only if a <c>VolumePrefix</c> names it.</summary>
    public static DataFolder For(IConfiguration configuration, string appHostDirectory, bool isTesting)
    {
        if ((configuration["DataDir"] ?? (isTesting ? null : configuration["DATA_DIR"])) is { Length: > 0 } given)
            return new DataFolder(System.IO.Path.GetFullPath(given), false);
        if (!isTesting)
            return new DataFolder(System.IO.Path.GetFullPath(System.IO.Path.Combine(appHostDirectory, "..", ".data")), false);
        var prefix = configuration["VolumePrefix"];
        var name = string.IsNullOrEmpty(prefix) ? Guid.NewGuid().ToString("N")[..12] : prefix;
        return new DataFolder(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"local-hosting-{name}"), string.IsNullOrEmpty(prefix));
    }

    public static DataFolder Of(IDistributedApplicationBuilder builder) =>
        builder is DistributedApplicationBuilder own ? own.Data : ((Aspire.Hosting.Testing.TestingBuilder)builder).Inner.Data;

    /// <summary>Takes the folder for this process, and ends what an earlier one left running in it.</summary>
    public async Task OpenAsync()
    {
        try
        {
            Directory.CreateDirectory(Path);
            _lock = new FileStream(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            Directory.CreateDirectory(Pids);
        }
        catch (UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"The data folder {Path} belongs to another user (was it used by root?). Run as that user, give it back (sudo chown -R $(id -u) '{Path}'), or use another: DATA_DIR=FOLDER ./run");
        }
        catch (IOException) when (_lock is null && File.Exists(System.IO.Path.Combine(Path, "lock")))
        {
            throw new DistributedApplicationException(
                $"Another run{Holder()} uses the data folder {Path}. Stop it first, or give this one a folder of its own: DATA_DIR=FOLDER ./run --port PORT");
        }
        catch (IOException exception)
        {
            throw new DistributedApplicationException($"The data folder {Path} cannot be used: {exception.Message} Use another: DATA_DIR=FOLDER ./run");
        }
        foreach (var file in Directory.GetFiles(Pids).Where(f => System.IO.Path.GetFileName(f) != AppHost))
            await ReclaimAsync(file);
        Remember(AppHost, Environment.ProcessId);
    }

    /// <summary>A value that is made once and kept, readable by its owner only.</summary>
    public string Secret(string name, Func<string> make)
    {
        var file = System.IO.Path.Combine(Path, "secrets", name);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            using var stream = new FileStream(file + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private });
            stream.Write(System.Text.Encoding.ASCII.GetBytes(make()));
            stream.Flush(flushToDisk: true);
            File.Move(file + ".new", file, overwrite: true);
        }
        return File.ReadAllText(file);
    }

    /// <summary>A server's folder, entered by nobody but the account it runs as.</summary>
    public async Task<string> VolumeAsync(string name, Account? account)
    {
        var folder = System.IO.Path.Combine(Path, name);
        if (Directory.Exists(folder))
            return folder;
        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        if (account is not null)
            await Launcher.RunAsync(new Command("chown", ["-R", $"{account.User}:{account.Group}", "."], folder));
        return folder;
    }

    public void Remember(string id, int pid) => File.WriteAllText(System.IO.Path.Combine(Pids, id),
        string.Create(CultureInfo.InvariantCulture, $"{pid} {Native.StartOf(pid)}"));

    public void Forget(string id) => File.Delete(System.IO.Path.Combine(Pids, id));

    public void Dispose()
    {
        if (_lock is null)
            return;
        if (IsTemporary)
            Directory.Delete(Path, recursive: true);
        else
            Forget(AppHost);
        _lock.Dispose();
        _lock = null;
    }

    /// <summary>Ends the process that the file names, if it still is that process.</summary>
    private static async Task ReclaimAsync(string file)
    {
        var words = (await File.ReadAllTextAsync(file)).Split(' ');
        if (words.Length == 2 && int.TryParse(words[0], CultureInfo.InvariantCulture, out var pid) && Native.StartOf(pid) == words[1])
        {
            var signal = Native.NameOf(pid) == "postgres" ? Native.Interrupt : Native.Terminate;
            await Native.EndAsync(pid, signal, TimeSpan.FromSeconds(10));
        }
        File.Delete(file);
    }

    private string Holder()
    {
        var file = System.IO.Path.Combine(Pids, AppHost);
        return File.Exists(file) ? $" (process {File.ReadAllText(file).Split(' ')[0]})" : "";
    }
}

/// <summary>The parts of a connection string, given one by one beside it.</summary>
internal interface IConnectionProperties
{
    IEnumerable<(string Key, string Value)> Properties { get; }
}
