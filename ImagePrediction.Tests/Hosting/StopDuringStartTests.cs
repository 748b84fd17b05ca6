using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ImagePrediction.Tests.Hosting;

/// <summary>Services may be stopped at any time, also while they wait for a Redis that does not respond.</summary>
public sealed class StopDuringStartTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ImagePrediction.Api")]
    [InlineData("ImagePrediction.Worker")]
    public async Task AServiceThatIsStoppedWhileItConnectsToRedisDoesNotCrash(string service)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends a signal.");
        using var folder = new TemporaryFolder();
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{service}.dll")])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["Images__Folder"] = folder.Path, ["Auth__AllowAnonymous"] = "true",
                ["ConnectionStrings__redis"] = $"{mute.LocalEndpoint}", ["ConnectionStrings__predictions"] = "Host=127.0.0.1;Port=1",
            },
        };
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(Test), process.StandardError.ReadToEndAsync(Test));
        using var connection = await mute.AcceptTcpClientAsync(Test);

        using (var stop = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            await stop.WaitForExitAsync(Test);

        await process.WaitForExitAsync(Test).WaitAsync(TimeSpan.FromMinutes(1), Test);
        var said = string.Join('\n', await output);
        Assert.DoesNotContain("Unhandled exception", said, StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
    }
}
