using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Hosting.Local;

/// <summary>The AppHost as a process of its own, as <c>./run</c> starts it, over a data folder of its own.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];

    private AppHostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => string.Join('\n', _lines);

    public static AppHostProcess Start(string dataFolder, int port, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet", [typeof(Projects.ImagePrediction_AppHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // By its full path: some tests take the rest of PATH away.
        info.FileName = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : Which("dotnet");
        info.Environment["DATA_DIR"] = dataFolder;
        info.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        return new AppHostProcess(new Process { StartInfo = info });
    }

    public static string Which(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).First(File.Exists);

    /// <summary>Waits until it has said so.</summary>
    public Task SaysAsync(string text) => Eventually.GetAsync(() => Task.FromResult(Output),
        output => output.Contains(text, StringComparison.Ordinal) || _process.HasExited, TimeSpan.FromSeconds(40))
        .ContinueWith(said => Assert.Contains(text, said.Result, StringComparison.Ordinal), TaskScheduler.Default);

    /// <summary>Waits for its end; the exit code and everything it said.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, Output);
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
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
