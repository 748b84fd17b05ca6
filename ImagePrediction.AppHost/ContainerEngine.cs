using System.ComponentModel;
using System.Diagnostics;

namespace ImagePrediction.AppHost;

/// <summary>Detects Docker or Podman.</summary>
internal static class ContainerEngine
{
    private static readonly string[] Engines = ["docker", "podman"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether either is running on this machine. One that does not respond in time does not count.</summary>
    public static bool Answers() => Engines.Any(engine =>
    {
        try
        {
            using var process = new Process
            {
                StartInfo = new(engine, ["info"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true },
            };
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(Patience))
                return process.ExitCode == 0;
            process.Kill();
            return false;
        }
        catch (Win32Exception)
        {
            return false; // not installed
        }
    });
}
