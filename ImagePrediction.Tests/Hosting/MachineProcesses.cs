using System.Diagnostics;
using System.Globalization;

namespace ImagePrediction.Tests.Hosting;

/// <summary>The processes of this machine, by what Linux tells of them.</summary>
internal static class MachineProcesses
{
    /// <summary>All processes of a run: they have its data folder in their command line or environment, or were started by one that has.</summary>
    public static HashSet<int> Of(string data)
    {
        var all = Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Order().ToList();
        HashSet<int> found = [];
        foreach (var id in all.Where(id => id != Environment.ProcessId))
            if (IsAlive(id) && (CommandOf(id).Contains(data, StringComparison.Ordinal) || Read(id, "environ").Contains(data, StringComparison.Ordinal) || found.Contains(ParentOf(id))))
                found.Add(id);
        return found;
    }

    /// <summary>The one process of a run whose command line begins with, or is, this program.</summary>
    public static int Of(string data, string program) => Of(data).Single(id => CommandOf(id).Split('\0')[0].Split(' ')[0].EndsWith(program, StringComparison.Ordinal));

    public static string CommandOf(int id) => Read(id, "cmdline");

    public static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    public static string Which(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).First(File.Exists);

    private static bool IsAlive(int id) => Read(id, "stat") is { Length: > 0 } stat && stat[stat.LastIndexOf(')') + 2] != 'Z';

    private static int ParentOf(int id) => Read(id, "stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;

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
