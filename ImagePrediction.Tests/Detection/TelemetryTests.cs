using System.Diagnostics;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Detection;

public sealed class TelemetryTests
{
    [Fact]
    public async Task ADetectorKeepsNothingToReportToTheMakerOfItsRuntime()
    {
        var home = Directory.CreateTempSubdirectory("home-");
        try
        {
            var photo = Path.Combine(home.FullName, "photo.jpg");
            await File.WriteAllBytesAsync(photo, Photos.Jpeg(64, 48), TestContext.Current.CancellationToken);
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ImagePrediction.Worker.dll"), "predict", photo])
            {
                UseShellExecute = false, RedirectStandardOutput = true,
            };
            start.Environment["HOME"] = home.FullName;
            // The runtime reports nothing from where programs are built, nor where it is told so: neither is to hide the fault.
            foreach (var name in start.Environment.Keys.Where(name => name is "ORT_DISABLE_TELEMETRY" or "CI" or "TF_BUILD" or "GITHUB_ACTIONS" or "XDG_CACHE_HOME").ToList())
                start.Environment.Remove(name);

            using var predict = Process.Start(start)!;
            Assert.Contains("confidence", await predict.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            await predict.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Equal(["photo.jpg"], Directory.EnumerateFiles(home.FullName, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
