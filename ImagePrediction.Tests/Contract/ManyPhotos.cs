using System.Diagnostics;
using System.Text.RegularExpressions;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Hosting;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>The programs that docs/many-photos.md shows, as they stand there.</summary>
[Collection(SharedTopology.Collection)]
public sealed partial class ManyPhotos(SharedTopology shared)
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "many-photos.md"));

    [Fact]
    public async Task ThePythonProgramWritesAnAnswerForEachPhoto()
    {
        var program = Program("python");
        Assert.InRange(program.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 25);
        await AnswersAsync(seed: 100, server => ["python3", "-c", program, server, "photos", "results.csv"]);
    }

    [Fact]
    public Task TheShellCommandWritesAnAnswerForEachPhoto() => AnswersAsync(
        seed: 200, server => ["bash", "-c", Program("bash").Replace("http://localhost:5080", server, StringComparison.Ordinal)], "jq", "curl");

    private async Task AnswersAsync(int seed, Func<string, string[]> command, params string[] needed)
    {
        using var folder = new TemporaryFolder();
        folder.Write("photos/b.jpg", "no photo");
        for (var i = 0; i < 4; i++)
            await File.WriteAllBytesAsync(Path.Combine(folder.Path, "photos", $"a, {i}.jpg"), Photos.Jpeg(64, 48, seed + i), TestContext.Current.CancellationToken);
        var topology = await shared.GetAsync();
        var server = topology.Api.BaseAddress!.ToString().TrimEnd('/');
        var before = await topology.CountAsync("true");

        for (var run = 0; run < 2; run++) // the second time with the same keys
        {
            await RunAsync(folder.Path, command(server), needed);
            var lines = await File.ReadAllLinesAsync(Path.Combine(folder.Path, "results.csv"), TestContext.Current.CancellationToken);
            Assert.Equal(4, lines.Count(line => line.Contains("succeeded", StringComparison.Ordinal) && line.Contains(".jpg", StringComparison.Ordinal)));
            Assert.Single(lines, line => line.Contains("b.jpg", StringComparison.Ordinal) && line.Contains("JPEG", StringComparison.Ordinal));
            Assert.Equal(before + 4, await topology.CountAsync("true"));
        }
    }

    private static async Task RunAsync(string folder, string[] command, string[] needed)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        foreach (var name in needed.Append(command[0]))
            Assert.SkipUnless(path.Any(part => File.Exists(Path.Combine(part, name))), $"{name} is not on the PATH");
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, ""), (process.ExitCode, said));
    }

    private static string Program(string language) => Block().Matches(Text).Single(block => block.Groups["language"].Value == language).Groups["program"].Value;

    [GeneratedRegex("^```(?<language>python|bash)\n(?<program>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();
}
