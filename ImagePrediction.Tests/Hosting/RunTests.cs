using System.Net;
using System.Text.RegularExpressions;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Hosting;

/// <summary>What whoever types <c>./run</c> gets: what is printed, where logs and passwords are, and that two runs do not meet.</summary>
public sealed partial class RunTests(RunTests.Fixture fixture) : IClassFixture<RunTests.Fixture>
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public void TheTerminalShowsTheAddressesACommandToTryAndNothingElse()
    {
        var lines = fixture.Run.Output.Split('\n');

        Assert.Equal(4, lines.Length);
        Assert.StartsWith("Starting Redis and Postgres as processes", lines[0], StringComparison.Ordinal);
        Assert.Single(lines, line => line.StartsWith("Dashboard at http://localhost:", StringComparison.Ordinal)); // usually before the next, but it starts by itself
        Assert.Contains($"API ready at http://localhost:{fixture.Run.Port}", lines);
        var command = Command().Match(fixture.Run.Output);
        Assert.True(File.Exists(Path.GetFullPath(command.Groups["photo"].Value)), fixture.Run.Output);
        Assert.Equal($"http://localhost:{fixture.Run.Port}/image_prediction", command.Groups["url"].Value);
    }

    [Fact]
    public async Task TheDashboardsLinkLogsInAndWithoutItNobodyComesIn()
    {
        using var client = new HttpClient();
        using var stranger = await client.GetAsync(LinkOf(fixture.Run).GetLeftPart(UriPartial.Authority), Test);
        Assert.Contains("/login", stranger.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);

        using var guest = await client.GetAsync(LinkOf(fixture.Run), Test);
        Assert.DoesNotContain("/login", guest.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api", "The database schema is up to date")]
    [InlineData("worker", "takes work")]
    [InlineData("redis", "Redis version")]
    [InlineData("postgres", "ready to accept connections")]
    public async Task WhatEachPartLogsIsInAFileOfItsOwn(string part, string line)
    {
        var file = Path.Combine(fixture.Run.Data, "logs", $"{part}.log");

        await Eventually.GetAsync(() => File.ReadAllTextAsync(file, Test), log => log.Contains(line, StringComparison.Ordinal));

        Assert.DoesNotContain('\e', await File.ReadAllTextAsync(file, Test));
    }

    [Fact]
    public void PasswordsStayWithTheDataReadableByTheirOwnerOnlyAndAreOnNoCommandLine()
    {
        var secrets = Directory.GetFiles(Path.Combine(fixture.Run.Data, "secrets"));

        Assert.Equal(["postgres-password", "redis-password"], secrets.Select(Path.GetFileName).Order());
        Assert.All(secrets, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        var commands = string.Join('\n', MachineProcesses.Of(fixture.Run.Data).Select(MachineProcesses.CommandOf));
        Assert.Contains("redis-server", commands, StringComparison.Ordinal);
        Assert.All(secrets.Select(File.ReadAllText), secret => Assert.DoesNotContain(secret, commands, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenToTheNetworkItMakesAKeyAndLetsInWhoHasIt()
    {
        using var folder = new TemporaryFolder();
        await using var open = AppHostProcess.Start(folder.Path, environment: new Dictionary<string, string> { ["HOST"] = "0.0.0.0" });
        await open.SaysAsync("Other machines may call it");
        var key = KeyLine().Match(open.Output).Groups["key"].Value;

        using var client = new HttpClient { BaseAddress = new($"http://localhost:{open.Port}") };
        using var stranger = await client.GetAsync("/image_predictions", Test);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        client.DefaultRequestHeaders.Authorization = TestKeys.Header(key);
        using var known = await client.GetAsync("/image_predictions", Test);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, "secrets", "api-key")));
    }

    [Fact]
    public async Task ASecondRunWithAPortAndAFolderOfItsOwnHasADashboardOfItsOwn()
    {
        using var folder = new TemporaryFolder();
        await using var second = AppHostProcess.Start(folder.Path, arguments: "--dashboard");
        await second.SaysAsync("API ready");
        await second.SaysAsync("Dashboard at ");

        Assert.NotEqual(LinkOf(fixture.Run).Port, LinkOf(second).Port);
        using var client = new HttpClient();
        foreach (var run in new[] { fixture.Run, second })
            Assert.True((await client.GetAsync(LinkOf(run), Test)).IsSuccessStatusCode);
    }

    private static Uri LinkOf(AppHostProcess run) => new(Link().Match(run.Output).Groups["link"].Value);

    [GeneratedRegex(@"Dashboard at (?<link>\S+)", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^Try: curl -F file=@(?<photo>\S+) (?<url>\S+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex Command();

    [GeneratedRegex(@"with the API key of \S+: (?<key>\S+)", RegexOptions.None, 1000)]
    private static partial Regex KeyLine();

    /// <summary>One run for all that only look at it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal AppHostProcess Run { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Run = AppHostProcess.Start(_folder.Path, arguments: "--dashboard");
            await Run.SaysAsync("Try: ");
            await Run.SaysAsync("Dashboard at ");
        }

        public async ValueTask DisposeAsync()
        {
            await Run.DisposeAsync();
            _folder.Dispose();
        }
    }
}
