using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Hosting;

/// <summary>The AppHost as a process of its own, as <c>./run</c> starts it, over a data folder of its own.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];

    private AppHostProcess(ProcessStartInfo start, string data, int port)
    {
        (Data, Port) = (data, port);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Data { get; }

    public int Port { get; }

    public string Output => string.Join('\n', _lines);

    /// <summary>Starts it, with Redis and Postgres as processes and without a dashboard unless the arguments say otherwise.</summary>
    public static AppHostProcess Start(string data, int? port = null, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments) =>
        new(Prepare("dotnet", [Dll, .. WithDefaults(arguments)], data, port ??= FreePort(), environment), data, port.Value);

    /// <summary>The same in a terminal of its own, whose keys are typed with <see cref="TypeCtrlC"/>.</summary>
    public static AppHostProcess StartInATerminal(string data, IReadOnlyDictionary<string, string>? environment = null)
    {
        var port = FreePort();
        // Whoever runs the tests in the background has Ctrl-C ignored, and what is started inherits that. exec: a shell that
        // stays in between is ended by the Ctrl-C too, and its exit code would hide the AppHost's.
        var start = Prepare("env", ["--default-signal=INT,HUP", "script", "-qfec", $"exec dotnet '{Dll}' --servers native --no-dashboard", "/dev/null"], data, port, environment);
        start.RedirectStandardInput = true;
        return new(start, data, port);
    }

    public void TypeCtrlC()
    {
        _process.StandardInput.Write('\x03');
        _process.StandardInput.Flush();
    }

    /// <summary>Waits until it has said so.</summary>
    public async Task SaysAsync(string text)
    {
        await Eventually.GetAsync(() => Task.FromResult(Output),
            output => output.Contains(text, StringComparison.Ordinal) || _process.HasExited, StartLimit);
        Assert.Contains(text, Output, StringComparison.Ordinal);
    }

    /// <summary>Waits for its end; the exit code and everything it said.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, Output);
    }

    public void Kill() => _process.Kill();

    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Kills what still runs and waits until all of it is gone, so that its folder can be deleted.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await Eventually.GetAsync(() => Task.FromResult(MachineProcesses.Of(Data).Count), left => left == 0, TimeSpan.FromSeconds(30));
        _process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Where it was built: beside the tests it lacks what its framework brings.
    private static readonly string Dll = Path.GetFullPath(Path.Combine(Projects.ImagePrediction_AppHost.ProjectPath,
        Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."), AppContext.BaseDirectory), "ImagePrediction.AppHost.dll"));

    private static string[] WithDefaults(string[] arguments) =>
        [.. arguments.Contains("--servers") ? [] : new[] { "--servers", "native" }, .. arguments.Contains("--dashboard") ? [] : new[] { "--no-dashboard" }, .. arguments.Except(["--dashboard"])];

    private static ProcessStartInfo Prepare(
        string program, IEnumerable<string> arguments, string data, int port, IReadOnlyDictionary<string, string>? environment)
    {
        // By its full path: some tests take the rest of PATH away.
        var start = new ProcessStartInfo(MachineProcesses.Which(program), arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["DATA_DIR"] = data;
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return start;
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }
}

/// <summary>A folder that is deleted with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hosting-test-").FullName;

    public string Write(string name, string text, bool isProgram = false)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        if (isProgram)
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
