using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ImagePrediction.Tests.Hosting.Local;

/// <summary>What stands in the way is said in one message that says what to do; nothing is started, nothing is traced.</summary>
public sealed class MessagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WithoutRedisTheMessageNamesThePackageToInstall()
    {
        var output = await RefusalAsync(environment: PathWithout("redis-server"));

        Assert.Contains("sudo apt-get install redis-server", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARedisWithoutCountedPopsIsRefused()
    {
        var environment = PathWithout("redis-server");
        _folder.Write("bin/redis-server", "#!/bin/sh\necho 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64'\n", isProgram: true);

        var output = await RefusalAsync(environment: environment);

        Assert.Contains("6.0.16", output, StringComparison.Ordinal);
        Assert.Contains("6.2 or newer", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortInUseIsNamedAndAnotherProposed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var output = await RefusalAsync(port);

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Port {port}"), output, StringComparison.Ordinal);
        Assert.Contains("./run --port", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondRunOverOneDataFolderIsToldWhoHasIt()
    {
        _folder.Write("pids/apphost", "4711 1");
        using var held = new FileStream(Path.Combine(_folder.Path, "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        var output = await RefusalAsync();

        Assert.Contains("process 4711", output, StringComparison.Ordinal);
        Assert.Contains("DATA_DIR=", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataOfAnotherPostgresVersionIsLeftAloneAndBothWaysOutAreNamed()
    {
        _folder.Write("postgres/pgdata/PG_VERSION", "9\n");

        var output = await RefusalAsync();

        Assert.Contains("made by PostgreSQL 9", output, StringComparison.Ordinal);
        Assert.Contains("postgresql-9", output, StringComparison.Ordinal);
        Assert.Contains("mv ", output, StringComparison.Ordinal);
        Assert.Equal(["PG_VERSION"], Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "postgres/pgdata")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(null, "--publisher", "manifest")]
    [InlineData(null, "--operation", "publish")]
    [InlineData("/tmp/aspire.sock")]
    public async Task PublishingAndTheAspireCliAreRefusedByTheNameOfTheSwitch(string? backchannel, params string[] arguments)
    {
        var environment = backchannel is null ? null : new Dictionary<string, string> { ["ASPIRE_BACKCHANNEL_PATH"] = backchannel };

        var output = await RefusalAsync(environment: environment, arguments: arguments);

        Assert.Contains("-p:UseAspirePackages=true", output, StringComparison.Ordinal);
    }

    private async Task<string> RefusalAsync(int port = 0, Dictionary<string, string>? environment = null, params string[] arguments)
    {
        using var host = AppHostProcess.Start(_folder.Path, port == 0 ? FreePort() : port, environment, arguments);
        var (exitCode, output) = await host.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Starting", output, StringComparison.Ordinal);
        return output;
    }

    /// <summary>A PATH of one folder, with what the AppHost calls but for this program.</summary>
    private Dictionary<string, string> PathWithout(string program)
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName;
        foreach (var name in new[] { "setpriv", "setsid", "sh", "stat", "chown", "redis-server" }.Where(n => n != program))
            File.CreateSymbolicLink(Path.Combine(bin, name), AppHostProcess.Which(name));
        return new() { ["PATH"] = bin };
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
