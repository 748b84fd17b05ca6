using System.Runtime.InteropServices;

namespace LocalHosting.Processes;

/// <summary>The few things about processes that .NET does not offer.</summary>
internal static partial class Native
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;

    public static bool IsRoot => EffectiveUser() == 0;

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    public static string? NameOf(int pid) => Try(() => File.ReadAllText($"/proc/{pid}/comm").Trim());

    public static string? FolderOf(int pid) => Try(() => Directory.ResolveLinkTarget($"/proc/{pid}/cwd", false)!.FullName);

    /// <summary>When the process started, in ticks since boot: with the pid it names a process for good. Null: there is none.</summary>
    public static string? StartOf(int pid)
    {
        // Field 22; the second one is the name in brackets, which may itself hold blanks and brackets.
        var stat = Try(() => File.ReadAllText($"/proc/{pid}/stat"));
        var fields = stat?[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields is null || fields[0] is "Z" or "X" ? null : fields[19];
    }

    /// <summary>Ends a process: the signal first, SIGKILL after the grace period.</summary>
    public static async Task EndAsync(int pid, int signal, TimeSpan grace)
    {
        var start = StartOf(pid);
        var clock = Stopwatch.StartNew();
        for (var next = signal; start is not null && StartOf(pid) == start; await Task.Delay(20))
        {
            if (next != 0)
                _ = SendSignal(pid, next);
            next = clock.Elapsed > grace ? Kill : 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    private static string? Try(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
