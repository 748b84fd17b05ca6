using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LocalHosting.Processes;

/// <summary>The few things about processes that .NET does not offer.</summary>
internal static partial class Native
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    public static bool IsRoot => EffectiveUser() == 0;

    public static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    public static string? NameOf(int pid) => Read($"/proc/{pid}/comm")?.Trim();

    /// <summary>When the process started, in ticks since boot: with the pid it names a process for good. Null: there is none.</summary>
    public static string? StartOf(int pid)
    {
        // Field 22; the second one is the name in brackets, which may itself hold blanks and brackets.
        var stat = Read($"/proc/{pid}/stat");
        var fields = stat?[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields is null || fields[0] is "Z" or "X" ? null : fields[19];
    }

    public static string? FolderOf(int pid)
    {
        try
        {
            return Directory.ResolveLinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cwd"), false)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends a process: the signal first, SIGKILL after the grace period.</summary>
    public static async Task EndAsync(int pid, int signal, TimeSpan grace)
    {
        var start = StartOf(pid);
        if (start is null)
            return;
        Signal(pid, signal);
        for (var clock = Stopwatch.StartNew(); StartOf(pid) == start; await Task.Delay(20))
        {
            if (clock.Elapsed > grace)
                Signal(pid, Kill);
        }
    }

    private static string? Read(FormattableString path)
    {
        try
        {
            return File.ReadAllText(path.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
