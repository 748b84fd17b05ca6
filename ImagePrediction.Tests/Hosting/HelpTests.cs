using System.Diagnostics;
using System.Text.RegularExpressions;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Hosting;

/// <summary><c>./run --help</c> and <c>./test --help</c> name all there is.</summary>
public sealed partial class HelpTests
{
    [Fact]
    public async Task RunNamesEveryOptionAndEveryVariableThatItReads()
    {
        var help = await HelpOf("run");
        var script = await ReadAsync("run");
        var settings = await ReadAsync("ImagePrediction.AppHost", "RunSettings.cs");
        foreach (var option in OptionCase().Matches(script).SelectMany(match => match.Groups["options"].Value.Split('|')))
            Assert.Contains(option, help, StringComparison.Ordinal);
        foreach (var name in SettingRead().Matches(settings).Select(match => match.Groups["name"].Value))
            Assert.Contains(name, help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TestNamesItsFilterAndWhereResultsAre()
    {
        var help = await HelpOf("test");
        Assert.Contains("FILTER", help, StringComparison.Ordinal);
        Assert.Contains("artifacts/tests/", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    public async Task AnOptionThatDoesNotExistIsRefusedAndTheHelpIsNamed(string script)
    {
        var (code, said) = await StartAsync(script, "--nonsense");
        Assert.Equal(1, code);
        Assert.Contains("--nonsense", said, StringComparison.Ordinal);
        Assert.Contains($"./{script} --help", said, StringComparison.Ordinal);
    }

    private static async Task<string> HelpOf(string script)
    {
        var (code, said) = await StartAsync(script, "--help");
        Assert.Equal(0, code);
        return said;
    }

    private static async Task<(int Code, string Said)> StartAsync(string script, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Repository.Root, script), argument])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, string.Concat(said));
    }

    private static Task<string> ReadAsync(params string[] parts) =>
        File.ReadAllTextAsync(Path.Combine([Repository.Root, .. parts]), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"^ +(?<options>-[-a-z|]+)\)", RegexOptions.Multiline, 1000)]
    private static partial Regex OptionCase();

    [GeneratedRegex("configuration(?:\\[|, )\"(?<name>[A-Z_]+)\"", RegexOptions.None, 1000)]
    private static partial Regex SettingRead();
}
