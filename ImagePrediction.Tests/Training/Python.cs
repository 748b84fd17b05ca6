using System.Diagnostics;

namespace ImagePrediction.Tests.Training;

/// <summary>A Python of this machine that can train: the first on the PATH into which the packages of <c>training/</c> can be imported.</summary>
internal static class Python
{
    private const string Packages = "numpy, onnx, PIL, torch";

    /// <summary>Runs a script of <c>training/</c>; skips the test where no Python can.</summary>
    /// <returns>Its exit code and everything it said.</returns>
    public static async Task<(int ExitCode, string Said)> RunAsync(string script, params string[] arguments)
    {
        var python = await FindAsync();
        Assert.SkipWhen(python is null, $"No python3 on the PATH can import {Packages} (Debian: apt-get install python3-torch python3-onnx python3-pil)");
        return await StartAsync(python!, ["-W", "ignore", Path.Combine(Detection.Repository.Root, "training", script), .. arguments]);
    }

    private static async Task<string?> FindAsync()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            var python = Path.Combine(folder, "python3");
            if (File.Exists(python) && (await StartAsync(python, ["-c", $"import {Packages}"])).ExitCode == 0)
                return python;
        }
        return null;
    }

    private static async Task<(int ExitCode, string Said)> StartAsync(string python, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(python, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        // The repository is no place for compiled leavings, and one thread leaves the other tests theirs.
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
                process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, string.Concat(said));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
