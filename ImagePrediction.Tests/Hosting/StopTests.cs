using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using ImagePrediction.Tests.Support;
using Npgsql;

namespace ImagePrediction.Tests.Hosting;

/// <summary>However a run ends, no process of it stays and the next one starts.</summary>
public sealed class StopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("postgres")]
    [InlineData("ImagePrediction.Api")]
    [InlineData("ImagePrediction.Worker")]
    public async Task ACtrlCDuringTheStartEndsItToo(string hasStarted)
    {
        await using var host = AppHostProcess.StartInATerminal(_folder.Path);
        await host.SaysAsync("Starting");
        await Eventually.GetAsync(() => Task.FromResult(MachineProcesses.Of(_folder.Path).Any(id => MachineProcesses.CommandOf(id).Split('\0')[0].EndsWith(hasStarted, StringComparison.Ordinal))), has => has);

        host.TypeCtrlC();

        await EndsWithoutATraceAsync(host);
    }

    [Theory]
    [InlineData("API ready")]
    [InlineData("Starting")]
    public async Task ATermSignalEndsItAsWell(string afterItSaid)
    {
        await using var host = AppHostProcess.Start(_folder.Path);
        await host.SaysAsync(afterItSaid);
        await Eventually.GetAsync(() => Task.FromResult(MachineProcesses.Of(_folder.Path).Count), count => count > 4);

        await host.TerminateAsync();

        await EndsWithoutATraceAsync(host);
    }

    [Fact]
    public async Task AtACtrlCInATerminalTheWorkersHandBackWhatTheyHoldBeforePostgresIsShutDownCleanly()
    {
        const int slow = 332;
        var environment = new Dictionary<string, string> { ["Worker__Grace"] = "00:00:00", ["Faults__SlowWidth"] = $"{slow}" };
        await using (var host = AppHostProcess.StartInATerminal(_folder.Path, environment))
        {
            await host.SaysAsync("API ready");
            await PostAsync(host.Port, 200, slow);

            host.TypeCtrlC();

            await EndsWithoutATraceAsync(host);
            Assert.EndsWith(" shut down", await StateOfPostgresAsync(), StringComparison.Ordinal);
        }
        await using var next = AppHostProcess.Start(_folder.Path);
        await next.SaysAsync("API ready");
        await using var database = NpgsqlDataSource.Create(
            $"Host=localhost;Port={Read("postgres/port")};Username=postgres;Password={Read("secrets/postgres-password")};Database=predictions");
        await using var open = database.CreateCommand("SELECT count(*) FROM predictions WHERE status <> 'succeeded'");
        await Eventually.GetAsync(() => open.ExecuteScalarAsync(TestContext.Current.CancellationToken), left => left is 0L);
        await using var handedBack = database.CreateCommand("SELECT count(*) FILTER (WHERE attempt > 1) || ' of ' || count(*) || ', losses: ' || sum(losses) FROM predictions");
        var result = (string)(await handedBack.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        Assert.EndsWith("of 200, losses: 0", result, StringComparison.Ordinal);
        Assert.False(result.StartsWith("0 ", StringComparison.Ordinal), "Nothing was in hand.");
    }

    [Fact]
    public async Task NothingOutlivesAnAppHostThatIsKilledAndTheNextOneStartsOverItsData()
    {
        await using (var host = AppHostProcess.Start(_folder.Path))
        {
            await host.SaysAsync("API ready");
            Assert.True(MachineProcesses.Of(_folder.Path).Count > 10);

            host.Kill();

            await NothingIsLeftAsync(TimeSpan.FromSeconds(30));
        }
        // A process number that somebody else has by now must not keep Postgres from starting.
        _folder.Write("postgres/pgdata/postmaster.pid", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n/elsewhere\n1\n1\n"));
        await using var next = AppHostProcess.Start(_folder.Path);
        await next.SaysAsync("API ready");
    }

    private async Task EndsWithoutATraceAsync(AppHostProcess host)
    {
        var (exitCode, output) = await host.EndAsync();
        Assert.True(exitCode == 0, $"{exitCode}: {output}");
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        var logs = Path.Combine(_folder.Path, "logs");
        foreach (var log in Directory.Exists(logs) ? Directory.GetFiles(logs) : [])
            Assert.DoesNotContain("ObjectDisposedException", await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await NothingIsLeftAsync(TimeSpan.FromSeconds(30));
    }

    private async Task NothingIsLeftAsync(TimeSpan within) => await Eventually.GetAsync(
        () => Task.FromResult(string.Join('\n', MachineProcesses.Of(_folder.Path).Select(MachineProcesses.CommandOf))), alive => alive.Length == 0, within);

    private async Task<string> StateOfPostgresAsync()
    {
        var program = Directory.GetDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin", "pg_controldata")).Last(File.Exists);
        var start = new ProcessStartInfo(program, [Path.Combine(_folder.Path, "postgres", "pgdata")]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        return (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n').Single(line => line.StartsWith("Database cluster state", StringComparison.Ordinal));
    }

    private static async Task PostAsync(int port, int count, int width)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };
        await Parallel.ForAsync(0, count, TestContext.Current.CancellationToken, async (i, cancellation) =>
        {
            using var photo = new ByteArrayContent(Photos.Jpeg(width, 200, seed: i)) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
            using var response = await client.PostAsync("/image_prediction", photo, cancellation);
            response.EnsureSuccessStatusCode();
        });
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(_folder.Path, file)).Trim();
}
