using System.Diagnostics;
using System.Globalization;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Hosting.Local;

/// <summary>However the AppHost ends, no process of it stays; and what one left all the same, the next one ends.</summary>
public sealed class LeftoversTests : IDisposable
{
    private const string ServersAreReady = "Starting the API";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task NoProcessOutlivesAnAppHostThatIsKilledAndTheNextOneStartsOverItsData()
    {
        int[] processes;
        using (var host = AppHostProcess.Start(_folder.Path, MessagesTests.FreePort()))
        {
            await host.SaysAsync("[api] ");
            processes = [.. OwnedBy("redis"), .. OwnedBy("postgres"), .. OwnedBy("api")];
            // Three children, and what Postgres has started itself.
            Assert.True(processes.Length > 5, string.Join(' ', processes));
            host.Kill();
            await GoneAsync(processes);
        }

        // A number that somebody else has by now must not keep Postgres from starting.
        _folder.Write("postgres/pgdata/postmaster.pid", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n/elsewhere\n1\n1\n"));
        using var next = AppHostProcess.Start(_folder.Path, MessagesTests.FreePort());
        await next.SaysAsync(ServersAreReady);
        processes = [.. OwnedBy("redis"), .. OwnedBy("postgres")];

        // And a polite end leaves nothing either.
        using (var kill = Process.Start("kill", ["-TERM", next.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var (exitCode, output) = await next.EndAsync();
        Assert.True(exitCode == 0, output);
        await GoneAsync(processes);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "pids")));
    }

    [Fact]
    public async Task WhatAnEarlierRunLeftBehindIsEndedAndAStrangerWithItsNumberIsNot()
    {
        using var orphan = Process.Start("sleep", ["600"]);
        using var stranger = Process.Start("sleep", ["600"]);
        try
        {
            _folder.Write("pids/worker-1", $"{orphan.Id} {StartOf(orphan.Id)}");
            _folder.Write("pids/worker-2", $"{stranger.Id} 1");
            using var host = AppHostProcess.Start(_folder.Path, MessagesTests.FreePort());

            await host.SaysAsync("Starting Redis");

            Assert.True(orphan.HasExited);
            Assert.False(stranger.HasExited);
        }
        finally
        {
            orphan.Kill();
            stranger.Kill();
        }
    }

    [Fact]
    public async Task GeneratedPasswordsStayWithTheDataAndAreReadableByTheirOwnerOnly()
    {
        using (var host = AppHostProcess.Start(_folder.Path, MessagesTests.FreePort()))
            await host.SaysAsync(ServersAreReady);

        var secrets = Directory.GetFiles(Path.Combine(_folder.Path, "secrets"));
        Assert.Equal(["postgres-password", "redis-password"], secrets.Select(Path.GetFileName).Order());
        Assert.All(secrets, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.False(File.Exists(Path.Combine(_folder.Path, "postgres", "password")));
    }

    private static async Task GoneAsync(int[] processes) => await Eventually.GetAsync(
        () => Task.FromResult(string.Join(' ', processes.Where(id => StartOf(id) is not null))), alive => alive.Length == 0, TimeSpan.FromSeconds(10));

    /// <summary>The process that runs as this instance, and its children.</summary>
    private IEnumerable<int> OwnedBy(string instance)
    {
        var id = int.Parse(File.ReadAllText(Path.Combine(_folder.Path, "pids", instance)).Split(' ')[0], CultureInfo.InvariantCulture);
        return [id, .. File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => int.Parse(c, CultureInfo.InvariantCulture))];
    }

    private static string? StartOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : fields[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
