using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>The API and the workers as processes: who they are, and how much memory they have taken.</summary>
internal sealed class Processes(IReadOnlyDictionary<int, string> names)
{
    private const string Connected = """
        SELECT coalesce(string_agg(DISTINCT application_name, ' '), '') FROM pg_stat_activity WHERE application_name ~ '^ImagePrediction\.(Api|Worker)/'
        """;

    public IReadOnlyDictionary<int, string> Names { get; } = names;

    /// <summary>The API and two workers, told by their connections to the database. Who was long idle has none: work brings it back.</summary>
    public static async Task<Processes> OfAsync(Topology topology) => new(await Eventually.GetAsync(async () =>
    {
        await topology.FinalAsync(await topology.AcceptAsync(Photos.Jpeg(64, 48)));
        return (await topology.ScalarAsync<string>(Connected))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name.Split('/')).ToDictionary(name => int.Parse(name[1]), name => name[0]);
    }, names => names.Count == 3));

    /// <summary>Forgets the peaks so far.</summary>
    public void ResetPeaks()
    {
        foreach (var id in Names.Keys)
            File.WriteAllText($"/proc/{id}/clear_refs", "5");
    }

    /// <summary>The most memory each has held at once since, in MiB.</summary>
    public IEnumerable<(string Process, long Peak)> Peaks() => Names.Select(process => ($"{process.Value}/{process.Key}", Read(process.Key, "VmHWM:") / 1024));

    private static long Read(int id, string line) =>
        long.Parse(File.ReadLines($"/proc/{id}/status").First(l => l.StartsWith(line, StringComparison.Ordinal))[line.Length..].Replace("kB", "", StringComparison.Ordinal));
}
