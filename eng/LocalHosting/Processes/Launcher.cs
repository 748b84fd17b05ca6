using System.Collections.Concurrent;

namespace LocalHosting.Processes;

/// <summary>A process to start.</summary>
internal sealed record Command(string File, IReadOnlyList<string> Arguments, string Folder)
{
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
    public string? Input { get; init; }
    /// <summary>What it gets from the kernel when this process dies in whatever way.</summary>
    public string DeathSignal { get; init; } = "KILL";
    /// <summary>The user to become; the process then reaches its folder as <see cref="Launcher.Home"/>.</summary>
    public Account? RunAs { get; init; }
}

/// <summary>Starts processes that end with this one.</summary>
internal static class Launcher
{
    /// <summary>
    /// The command's folder by a descriptor, open since before the change of user: that user may have no way
    /// to its path (a checkout below /root), and Postgres enters its folder by an absolute path.
    /// </summary>
    public const string Home = "/proc/self/fd/9";

    private static readonly BlockingCollection<Action> Work = StartThread();

    public static Process Start(Command command)
    {
        var start = new Task<Process>(() => Process.Start(Describe(command))!);
        Work.Add(start.RunSynchronously);
        var process = start.GetAwaiter().GetResult();
        try
        {
            process.StandardInput.Write(command.Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already; its exit code says more.
        }
        return process;
    }

    /// <summary>Runs a short command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(Command command)
    {
        using var process = Start(command);
        var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(text).Trim());
    }

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static ProcessStartInfo Describe(Command command)
    {
        List<string> words = [command.File, .. command.Arguments];
        if (Find("setpriv") is { } setpriv)
        {
            string[] user = command.RunAs is { } account ? [$"--reuid={account.User}", $"--regid={account.Group}", "--clear-groups"] : [];
            words = [setpriv, .. user, "--pdeathsig", command.DeathSignal, "--", .. words];
        }
        else if (command.RunAs is not null)
        {
            throw new DistributedApplicationException("setpriv is needed to run the servers as an ordinary user: apt-get install util-linux");
        }
        // A session of its own: Ctrl+C then reaches this process alone, which stops the others in their order.
        if (Find("setsid") is { } setsid)
            words.Insert(0, setsid);
        if (command.RunAs is not null)
            words.InsertRange(0, ["/bin/sh", "-c", "exec 9<. && cd / && exec \"$@\"", "sh"]);
        var info = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = command.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in command.Environment)
            info.Environment[name] = value;
        return info;
    }

    /// <summary>The kernel ties the death signal to the thread that forked, so one thread forks them all and never ends.</summary>
    private static BlockingCollection<Action> StartThread()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
                action();
        })
        { IsBackground = true, Name = "launcher" }.Start();
        return work;
    }
}

/// <summary>An unprivileged user for the servers when this process runs as root.</summary>
internal sealed record Account(string User, string Group)
{
    /// <summary>The owner of the folder, or of what it will stand in, if that is not root; else <c>postgres</c>, else <c>nobody</c>.</summary>
    public static async Task<Account?> ForAsync(string folder)
    {
        if (!Native.IsRoot)
            return null;
        while (!Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        var owner = (await Launcher.RunAsync(new Command("stat", ["-c", "%u:%g", "."], folder))).Output.Split(':');
        if (owner[0] != "0")
            return new Account(owner[0], owner[1]);
        var users = (await File.ReadAllLinesAsync("/etc/passwd")).Select(line => line.Split(':')).ToLookup(f => f[0], f => new Account(f[2], f[3]));
        return users["postgres"].Concat(users["nobody"]).FirstOrDefault()
            ?? throw new DistributedApplicationException("The servers do not run as root, and there is no user postgres or nobody: run this as an ordinary user.");
    }
}
