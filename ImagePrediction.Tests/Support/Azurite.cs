using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Support;

/// <summary>Azure's emulator of blob storage, on a free port of this machine; <c>./test</c> installs it.</summary>
public sealed partial class Azurite : IAsyncLifetime
{
    private const string Account = "images";
    private static readonly string Program = Path.Combine(Repository.Root, "artifacts", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js");

    private readonly string _folder = Directory.CreateTempSubdirectory("image-prediction-test-azurite-").FullName;
    private int _port;
    private Process? _process;

    /// <summary>What logs in; made for this run, so that it can be looked for in logs.</summary>
    public string Key { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    public static void SkipUnlessInstalled() => Assert.SkipUnless(File.Exists(Program), "The emulator of blob storage is not installed: ./test does that");

    /// <summary>As Aspire writes it for a container of the emulator.</summary>
    public string ConnectionString(string container) => string.Create(CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{_port}/{Account};ContainerName={container}");

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(Program))
            await StartAsync();
    }

    /// <summary>Stops it; it comes back with everything in it when the returned object is disposed.</summary>
    public async Task<IAsyncDisposable> TakeAwayAsync()
    {
        await StopAsync();
        return new Away(this);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { Program, "--blobHost", "127.0.0.1", "--blobPort", _port.ToString(CultureInfo.InvariantCulture),
            "--location", _folder, "--skipApiVersionCheck", "--disableTelemetry", "--silent" })
            start.ArgumentList.Add(argument);
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{Key}";
        _process = Process.Start(start)!;
        try
        {
            await ListensAsync();
        }
        catch
        {
            _process.Kill(); // nobody disposes what did not start
            throw;
        }
    }

    private async Task ListensAsync()
    {
        while (await _process!.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _port = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
                _ = _process.StandardOutput.ReadToEndAsync(); // or it would block once the pipe is full
                return;
            }
        }
        throw new InvalidOperationException("The emulator of blob storage ended at once.");
    }

    private async Task StopAsync()
    {
        if (_process is null)
            return;
        // Asked, not killed: it writes what it knows of its blobs when it ends.
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        _process.Dispose();
        _process = null;
    }

    [GeneratedRegex(@"listens on http://127\.0\.0\.1:(?<port>\d+)", RegexOptions.None, 1000)]
    private static partial Regex Listening();

    private sealed class Away(Azurite azurite) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await azurite.StartAsync();
    }
}
