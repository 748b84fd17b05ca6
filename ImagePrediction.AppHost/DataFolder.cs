using System.Diagnostics;
using System.Globalization;
using System.Text;
using Aspire.Hosting.Publishing;

namespace ImagePrediction.AppHost;

/// <summary>The folder of everything that persists between runs: images, data of native servers, their passwords, logs.</summary>
internal static class DataFolder
{
    /// <summary>Locks the folder for this process. Returns null, or why that failed and what to do.</summary>
    /// <param name="path">The folder; created if missing.</param>
    /// <param name="held">Keeps other processes out until it is disposed, or this process ends.</param>
    public static string? TryTake(string path, out FileStream? held)
    {
        held = null;
        var holder = Path.Combine(path, "apphost.pid");
        try
        {
            Directory.CreateDirectory(path);
            held = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            return $"The data folder {path} belongs to another user (was it used by root?). Run as that user, " +
                $"give it back (sudo chown -R $(id -u) '{path}'), or use another: DATA_DIR=FOLDER ./run";
        }
        catch (IOException) when (File.Exists(holder) && IsRunning(File.ReadAllText(holder)))
        {
            return $"Another run (process {File.ReadAllText(holder)}) uses the data folder {path}. " +
                "Stop it first, or give this one a folder of its own: DATA_DIR=FOLDER ./run --port PORT";
        }
        catch (IOException exception)
        {
            return $"The data folder {path} cannot be used: {exception.Message} Use another: DATA_DIR=FOLDER ./run";
        }
        File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return null;
    }

    private static bool IsRunning(string id) => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && Array.Exists(Process.GetProcesses(), process => process.Id == number);
}

/// <summary>A password that is generated once and kept in a file, readable by its owner only.</summary>
/// <param name="file">Where it is kept.</param>
/// <param name="prefix">What the password begins with.</param>
internal sealed class PasswordFile(string file, string prefix = "") : ParameterDefault
{
    /// <summary>The password: at least 22 letters and digits. Other characters would need quoting in a connection string.</summary>
    public override string GetDefaultValue()
    {
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var password = prefix + new GenerateParameterDefault { MinLength = 22, Special = false }.GetDefaultValue();
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(file + ".new", options))
            {
                stream.Write(Encoding.UTF8.GetBytes(password));
                stream.Flush(flushToDisk: true);
            }
            File.Move(file + ".new", file);
        }
        return File.ReadAllText(file);
    }

    /// <exception cref="NotSupportedException">Always: native servers are never published.</exception>
    public override void WriteToManifest(ManifestPublishingContext context) => throw new NotSupportedException();
}
