using System.ComponentModel;
using System.Diagnostics;

namespace ImagePrediction.Torture;

/// <summary>Programs of the operating system.</summary>
internal static class Programs
{
    /// <summary>Runs one and waits for it to end; its output.</summary>
    /// <exception cref="IOException">It is not installed, or fails; the message is its output.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new IOException($"{program}: {said.Trim()}");
            return await output;
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"{program}: {missing.Message}", missing);
        }
    }
}
