using System.Globalization;
using System.Runtime.InteropServices;

namespace ImagePrediction.Torture;

/// <summary>A process of this machine, identified by its id and its start time, so that a reused id is not mistaken for it.</summary>
internal sealed record ProcessOf(int Id, int Parent, string Started)
{
    public const int Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    public string Command { get; } = Read(Id, "cmdline");

    public string Environment { get; } = Read(Id, "environ");

    public bool IsAlive => Of(Id) is { } now && now.Started == Started;

    /// <summary>Resident memory in MiB.</summary>
    public long Memory => Read(Id, "statm").Split(' ') is [_, var pages, ..] && long.TryParse(pages, out var count) ? count * System.Environment.SystemPageSize >> 20 : 0;

    public bool Runs(string program) => Command.Split('\0')[0].EndsWith($"/{program}", StringComparison.Ordinal);

    public void Signal(int signal)
    {
        if (IsAlive)
            Native.Kill(Id, signal);
    }

    public static List<ProcessOf> All() => [.. Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Of(id) : null).OfType<ProcessOf>()];

    private static ProcessOf? Of(int id)
    {
        var stat = Read(id, "stat");
        if (stat.Length == 0)
            return null;
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new(id, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
    }

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>System calls that .NET does not offer.</summary>
internal static partial class Native
{
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const uint ExchangeNames = 2; // RENAME_EXCHANGE

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    /// <summary>Exchanges two names atomically: at no time is one of them missing.</summary>
    /// <exception cref="IOException">The file system does not support it.</exception>
    public static void Exchange(string one, string other)
    {
        if (RenameAt(WorkingDirectory, one, WorkingDirectory, other, ExchangeNames) != 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt(int fromFolder, string from, int toFolder, string to, uint flags);
}
