using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ImagePrediction.Tests.Detection;

/// <summary>The script <c>eng/fetch-model</c>, against a server of the test's own.</summary>
public sealed class FetchModelTests : IAsyncLifetime
{
    private static readonly byte[] Model = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7))];

    private readonly string _folder = Directory.CreateTempSubdirectory("fetch-").FullName;
    private WebApplication? _server;
    private byte[] _sent = Model;
    private int _asked;

    private string File1 => Path.Combine(_folder, "tiny.onnx");

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapGet("/{file}", async (string file, HttpContext context) =>
        {
            Interlocked.Increment(ref _asked);
            if (file == "moved.onnx")
                context.Response.Redirect("/tiny.onnx");
            else if (file == "gone.onnx")
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            else if (file == "endless.onnx")
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(Model, context.RequestAborted);
            else
                await context.Response.Body.WriteAsync(_sent, context.RequestAborted);
        });
        await _server.StartAsync(TestContext.Current.CancellationToken);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Model));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "list"),
            ["# a comment", .. new[] { "tiny", "moved", "gone", "endless" }.Select(name => $"{name} {Model.Length} {hash} {_server.Urls.Single()}/{name}.onnx")]);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task AModelIsFetchedOnceAndTheNextStepNamed()
    {
        var (exitCode, said) = await RunAsync("tiny");
        Assert.True(exitCode == 0, said);
        Assert.Equal(Model, await File.ReadAllBytesAsync(File1, TestContext.Current.CancellationToken));
        Assert.Contains($"./run --model {File1}", said, StringComparison.Ordinal);
        Assert.Contains("AGPL-3.0", said, StringComparison.Ordinal);

        (exitCode, said) = await RunAsync("tiny");
        Assert.True(exitCode == 0, said);
        Assert.Contains("here already", said, StringComparison.Ordinal);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task AnAddressThatHasMovedIsFollowed()
    {
        var (exitCode, said) = await RunAsync("moved");
        Assert.True(exitCode == 0, said);
        Assert.Equal(Model, await File.ReadAllBytesAsync(Path.Combine(_folder, "moved.onnx"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("tiny", "What came is not the model")]
    [InlineData("gone", "404")]
    [InlineData("endless", "could not be fetched")]
    [InlineData("none", "Known are: tiny moved gone endless")]
    public async Task WhatIsNotTheModelIsRefusedAndNothingIsKept(string name, string reason)
    {
        _sent = [.. Model[..^1], 0];
        var (exitCode, said) = await RunAsync(name);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(reason, said, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(_folder, "list")], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task AFileOfOnesOwnIsNotOverwritten()
    {
        await File.WriteAllTextAsync(File1, "mine", TestContext.Current.CancellationToken);
        var (exitCode, said) = await RunAsync("tiny");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Move it away first", said, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(File1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task EveryModelOfTheListIsPinnedAndComesFromItsRelease()
    {
        var lines = (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "eng", "models.list"), TestContext.Current.CancellationToken))
            .Where(line => !line.StartsWith('#')).Select(line => line.Split(' ')).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, parts =>
        {
            Assert.Equal(4, parts.Length);
            Assert.Equal(32, Convert.FromHexString(parts[2]).Length);
            Assert.StartsWith("https://github.com/ultralytics/yolov5/releases/download/", parts[3], StringComparison.Ordinal);
        });
    }

    private async Task<(int ExitCode, string Said)> RunAsync(string name)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "eng", "fetch-model"), [name])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["MODEL_LIST"] = Path.Combine(_folder, "list"), ["MODEL_FOLDER"] = _folder, ["NO_PROXY"] = "127.0.0.1" },
        };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, string.Concat(said));
    }
}
