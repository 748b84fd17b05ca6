using System.Security.Cryptography;
using static System.IO.Path;

namespace LocalHosting;

/// <summary>The folder of one run's data: servers' files, generated passwords, and who is running in it.</summary>
internal sealed class DataFolder(string path, bool isTemporary) : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string AppHost = "apphost";
    private FileStream? _lock;

    public string Path { get; } = path;
    public bool IsTemporary { get; } = isTemporary;
    private string Pids => Combine(Path, "pids");

    /// <summary><c>DataDir</c> or <c>DATA_DIR</c>, else <c>.data</c> at the root of the repository. A test that names no
    /// <c>DataDir</c> has a temporary folder of its own, so that it never meets the data of a developer.</summary>
    public static DataFolder For(IConfiguration configuration, string appHostDirectory, bool isTesting)
    {
        var given = configuration["DataDir"] ?? (isTesting ? null : configuration["DATA_DIR"] ?? Combine(appHostDirectory, "..", ".data"));
        return given is null
            ? new DataFolder(Combine(GetTempPath(), $"local-hosting-{Guid.NewGuid():N}"), true)
            : new DataFolder(GetFullPath(given), false);
    }

    /// <summary>Takes the folder for this process, and ends what an earlier one left running in it.</summary>
    public async Task OpenAsync()
    {
        try
        {
            Directory.CreateDirectory(Pids);
            _lock = new FileStream(Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            throw new DistributedApplicationException($"The data folder {Path} belongs to another user (was it used by root?). Run as that user, " +
                $"give it back (sudo chown -R $(id -u) '{Path}'), or use another: DATA_DIR=FOLDER ./run");
        }
        catch (IOException exception)
        {
            var holder = Combine(Pids, AppHost);
            throw new DistributedApplicationException(File.Exists(holder)
                ? $"Another run (process {(await File.ReadAllTextAsync(holder)).Split(' ')[0]}) uses the data folder {Path}. Stop it first, or give this one a folder of its own: DATA_DIR=FOLDER ./run --port PORT"
                : $"The data folder {Path} cannot be used: {exception.Message} Use another: DATA_DIR=FOLDER ./run");
        }
        foreach (var file in Directory.GetFiles(Pids).Where(f => GetFileName(f) != AppHost))
        {
            var words = (await File.ReadAllTextAsync(file)).Split(' ');
            if (words.Length == 2 && int.TryParse(words[0], out var pid) && Native.StartOf(pid) == words[1])
                await Native.EndAsync(pid, Native.NameOf(pid) == "postgres" ? Native.Interrupt : Native.Terminate, TimeSpan.FromSeconds(10));
            File.Delete(file);
        }
        Remember(AppHost, Environment.ProcessId);
    }

    /// <summary>A password that is made once and kept, readable by its owner only: 22 letters and digits hold 130 bits.</summary>
    public string Secret(string name)
    {
        var file = Combine(Path, "secrets", name);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(GetDirectoryName(file)!);
            WritePrivate(file + ".new", RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 22));
            File.Move(file + ".new", file);
        }
        return File.ReadAllText(file);
    }

    public static void WritePrivate(string file, string text)
    {
        using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private });
        stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    /// <summary>A server's folder and the account it runs as, which alone can enter it.</summary>
    public async Task<(string Folder, Account? Account)> VolumeAsync(string name)
    {
        var folder = Combine(Path, name);
        var account = await Account.ForAsync(folder);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
            await GiveAsync(folder, account);
        }
        return (folder, account);
    }

    public static Task GiveAsync(string folder, Account? account) => account is null ? Task.CompletedTask
        : Launcher.RunAsync(new Command("chown", ["-R", $"{account.User}:{account.Group}", "."], folder));

    public void Remember(string id, int pid) => File.WriteAllText(Combine(Pids, id), $"{pid} {Native.StartOf(pid)}");

    public void Forget(string id) => File.Delete(Combine(Pids, id));

    public void Dispose()
    {
        if (_lock is not null)
            Forget(AppHost);
        if (IsTemporary && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        _lock?.Dispose();
    }
}
