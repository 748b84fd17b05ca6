using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Hosting;

/// <summary>What stands in the way is said in one message that says what to do, where the user looks; nothing is traced.</summary>
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

        Assert.Contains("6.0", output, StringComparison.Ordinal);
        Assert.Contains("6.2 or newer", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutPostgresTheMessageNamesThePackageToInstall()
    {
        // Debian keeps it outside of PATH: the script is told to look elsewhere.
        var script = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "eng", "server"), TestContext.Current.CancellationToken))
            .Replace("/usr/lib/postgresql", "/nowhere", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", [_folder.Write("server", script), "postgres", Path.Combine(_folder.Path, "data"), "1", "predictions"])
        {
            UseShellExecute = false, RedirectStandardError = true,
        };
        start.Environment["PATH"] = PathWithout("postgres")["PATH"];
        using var server = Process.Start(start)!;

        Assert.Contains("sudo apt-get install postgresql", await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(78, server.ExitCode);
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
        Assert.DoesNotContain("Starting", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondRunOverOneDataFolderIsToldWhoHasIt()
    {
        _folder.Write("apphost.pid", $"{Environment.ProcessId}");
        using var held = new FileStream(Path.Combine(_folder.Path, "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        var output = await RefusalAsync();

        Assert.Contains($"process {Environment.ProcessId}", output, StringComparison.Ordinal);
        Assert.Contains("DATA_DIR=", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Starting", output, StringComparison.Ordinal);
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

    [Fact]
    public async Task AModelThatKnowsNoDogEndsTheStartAndIsNamed()
    {
        var model = Path.Combine(_folder.Path, "cats.onnx");
        OnnxFile.Write(model, [1, 3, 64, 64], [1, -1, 6], ("names", "['cat']"), ("imgsz", "64"));

        var output = await RefusalAsync(arguments: ["--model", model]);

        Assert.Contains("dog", output, StringComparison.Ordinal);
        Assert.DoesNotContain("starting again", output, StringComparison.Ordinal);
        Assert.Single(output.Split('\n'), line => line.Contains("cats.onnx", StringComparison.Ordinal) || line.Contains("class 'dog'", StringComparison.Ordinal));
        // What waits for the model does not count as crashed.
        Assert.DoesNotContain("Hosting.Internal.Host[", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "logs", "worker.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("takes containers or native", "--servers", "docker")]
    [InlineData("--replicas takes a number", "--replicas", "0")]
    [InlineData("--replicas takes a number", "--replicas", "two")]
    [InlineData("--port takes a number", "--port", "70000")]
    [InlineData("there is no file '/nowhere/model.onnx'", "--model", "/nowhere/model.onnx")]
    public async Task AnArgumentThatCannotBeUsedIsNamed(string message, params string[] arguments)
    {
        var output = await RefusalAsync(arguments: arguments);

        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    private async Task<string> RefusalAsync(int? port = null, Dictionary<string, string>? environment = null, params string[] arguments)
    {
        await using var host = AppHostProcess.Start(_folder.Path, port, environment, arguments);
        var (exitCode, output) = await host.EndAsync();
        Assert.True(exitCode == 1, $"{exitCode}: {output}");
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        return output;
    }

    /// <summary>A PATH of one folder, which has all programs of this machine but one.</summary>
    private Dictionary<string, string> PathWithout(string program)
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName;
        foreach (var file in Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Where(Directory.Exists).SelectMany(Directory.GetFiles))
            if (Path.GetFileName(file) != program && !File.Exists(Path.Combine(bin, Path.GetFileName(file))))
                File.CreateSymbolicLink(Path.Combine(bin, Path.GetFileName(file)), file);
        return new() { ["PATH"] = bin };
    }
}
