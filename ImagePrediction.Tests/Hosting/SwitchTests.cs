using System.Diagnostics;

namespace ImagePrediction.Tests.Hosting;

/// <summary>Whether a build uses Aspire's packages decides itself, by the marker that the probe leaves behind.</summary>
public sealed class SwitchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("switch-test-").FullName;

    public SwitchTests()
    {
        var repository = Path.GetDirectoryName(Projects.ImagePrediction_AppHost.ProjectPath)!;
        foreach (var file in new[] { "Aspire.props", "Aspire.targets" })
            Write($"eng/{file}", File.ReadAllText(Path.Combine(repository, "eng", file)));
        Write("a.proj", """
            <Project>
              <Import Project="eng/Aspire.props" />
              <Target Name="Restore" />
              <Import Project="eng/Aspire.targets" />
            </Project>
            """);
    }

    private string Served => Path.Combine(_folder, "artifacts", "aspire.served");
    private string Missing => Path.Combine(_folder, "artifacts", "aspire.missing");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WithoutAMarkerTheBuildDoesWithoutThePackages() => Assert.Equal("false", await UsesPackagesAsync());

    [Fact]
    public async Task AMarkerOfTheDayDecides()
    {
        Write("artifacts/aspire.served", "");
        Assert.Equal("true", await UsesPackagesAsync("-p:MSBuildIsRestoring=true"));
    }

    [Fact]
    public async Task AMarkerOfYesterdayIsProbedAgainByTheNextRestoreButHoldsUntilThen()
    {
        Write("artifacts/aspire.served", "");
        File.SetLastWriteTime(Served, DateTime.Now.AddHours(-25));

        Assert.Equal("true", await UsesPackagesAsync());
        Assert.Equal("false", await UsesPackagesAsync("-p:MSBuildIsRestoring=true"));
    }

    [Fact]
    public async Task WhatIsGivenIsNotProbed()
    {
        await RunAsync("-t:Restore", "-p:UseAspirePackages=false");

        Assert.False(Directory.Exists(Path.Combine(_folder, "artifacts")));
    }

    [Fact]
    public async Task WithoutAContainerEngineTheProbeSaysSo()
    {
        Engines(answer: false);
        Probe("<Project><Target Name=\"Restore\" /></Project>");

        var output = await RunAsync("-t:Restore");

        Assert.Contains("No container engine: Redis and Postgres run as plain processes, without the Aspire dashboard", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Missing));
        Assert.False(File.Exists(Served));
    }

    [Fact]
    public async Task WithAnEngineButNoPackagesTheProbeSaysSoWithoutAnErrorOfItsOwn()
    {
        Engines(answer: true);
        Probe("<Project><Target Name=\"Restore\"><Error Text=\"error NU1101: nowhere\" /></Target></Project>");

        var output = await RunAsync("-t:Restore");

        Assert.Contains("do not restore here", output, StringComparison.Ordinal);
        Assert.DoesNotContain("NU1101", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Missing));
    }

    [Fact]
    public async Task WithEngineAndPackagesTheRestoreIsDoneAgainWithThem()
    {
        Engines(answer: true);
        Probe("<Project><Target Name=\"Restore\" /></Project>");
        Write("a.proj", File.ReadAllText(Path.Combine(_folder, "a.proj")).Replace(
            "<Target Name=\"Restore\" />", "<Target Name=\"Restore\"><Message Importance=\"high\" Text=\"restored with $(UseAspirePackages)\" /></Target>", StringComparison.Ordinal));

        var output = await RunAsync("-t:Restore");

        Assert.True(output.IndexOf("restored with false", StringComparison.Ordinal) < output.IndexOf("restored with true", StringComparison.Ordinal), output);
        Assert.True(File.Exists(Served));
        Assert.Equal("true", await UsesPackagesAsync());
    }

    private async Task<string> UsesPackagesAsync(params string[] arguments) =>
        (await RunAsync(["-getProperty:UseAspirePackages", .. arguments])).Trim();

    private void Engines(bool answer)
    {
        foreach (var engine in new[] { "docker", "podman" })
        {
            Write($"bin/{engine}", $"#!/bin/sh\nexit {(answer ? 0 : 1)}\n");
            File.SetUnixFileMode(Path.Combine(_folder, "bin", engine), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    private void Probe(string project) => Write("eng/probe/probe.csproj", project);

    private void Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet", ["msbuild", "a.proj", "-nologo", .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
        };
        info.Environment["PATH"] = $"{Path.Combine(_folder, "bin")}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(info)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
