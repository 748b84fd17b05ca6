using System.Diagnostics;
using System.Text.Json;
using ImagePrediction.Worker;

namespace ImagePrediction.Tests.Detection;

public sealed class PredictCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("predict-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        output.Dispose();
        error.Dispose();
    }

    [Fact]
    public void APhotoIsOneJsonLine()
    {
        var file = Put("a.jpg");
        Assert.Equal(0, PredictCommand.Run([file], output, error));
        var line = Assert.Single(Lines());
        Assert.Equal(file, line.GetProperty("file").GetString());
        Assert.False(line.GetProperty("contains_dog").GetBoolean());
        Assert.InRange(line.GetProperty("confidence").GetDouble(), 0, 1);
        Assert.Equal(0, line.GetProperty("detections").GetArrayLength());
        Assert.Equal((120, 80), (line.GetProperty("width").GetInt32(), line.GetProperty("height").GetInt32()));
        Assert.True(line.GetProperty("inference_ms").GetDouble() > 0);
        Assert.Empty(error.ToString());
    }

    [Fact]
    public async Task ByDotnetRunNothingElseIsOnTheOutput()
    {
        var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--no-build", "--project", "ImagePrediction.Worker", "--", "predict", Put("a.jpg")])
        {
            WorkingDirectory = Repository.Root, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var run = Process.Start(start)!;
        var text = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var line = Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(JsonDocument.Parse(line).RootElement.GetProperty("contains_dog").GetBoolean());
    }

    [Fact]
    public void AFolderIsEveryPhotoInItInOrder()
    {
        Put("b.PNG");
        Put("a.webp");
        Put(Path.Combine("deeper", "c.jpeg"));
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "no photo");
        Assert.Equal(0, PredictCommand.Run([folder], output, error));
        Assert.Equal(["a.webp", "b.PNG", "c.jpeg"], Lines().Select(l => Path.GetFileName(l.GetProperty("file").GetString()!)));
        Assert.Contains("3 of 3 photos", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheSamplePhotosAreAnsweredAsAPersonWould()
    {
        var samples = Path.Combine(Repository.Root, "ImagePrediction.Api", "wwwroot", "samples");
        Assert.Equal(0, PredictCommand.Run([.. Directory.GetFiles(samples, "*.jpg").Order(StringComparer.Ordinal)], output, error));
        Assert.Equal([("cat.jpg", false), ("dog-on-a-walk.jpg", true), ("dog.jpg", true), ("horses.jpg", false)],
            Lines().Select(line => (Path.GetFileName(line.GetProperty("file").GetString()!), line.GetProperty("contains_dog").GetBoolean())));
        var licence = File.ReadAllText(Path.Combine(samples, "LICENSE.md"));
        Assert.All(Directory.GetFiles(samples, "*.jpg"), photo =>
        {
            Assert.Contains($"`{Path.GetFileName(photo)}`", licence, StringComparison.Ordinal);
            Assert.InRange(new FileInfo(photo).Length, 1, 120 << 10); // they are part of the page
        });
    }

    [Fact]
    public void WhatCannotBeReadIsALineWithAnErrorCode()
    {
        var good = Put("good.jpg");
        var bad = Path.Combine(folder, "bad.jpg");
        File.WriteAllText(bad, "no photo");
        Assert.Equal(0, PredictCommand.Run([bad, good], output, error));
        Assert.Equal("image_corrupt", Lines()[0].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, PredictCommand.Run([bad], output, error));
    }

    [Fact]
    public void WrongUsageSaysSo()
    {
        Assert.Equal(2, PredictCommand.Run([], output, error));
        Assert.Equal(2, PredictCommand.Run(["--what", "x"], output, error));
        Assert.Equal(1, PredictCommand.Run([Path.Combine(folder, "gone.jpg")], output, error));
        Assert.Equal(2, PredictCommand.Run([Put("a.jpg"), "--model", Path.Combine(folder, "gone.onnx")], output, error));
        Assert.Contains("usage:", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("no such file", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("no model at", error.ToString(), StringComparison.Ordinal);
    }

    private string Put(string name)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, TestPictures.Encode(TestPictures.Ramp(120, 80), 120, 80, Path.GetExtension(name).ToLowerInvariant()));
        return path;
    }

    private List<JsonElement> Lines() =>
        [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
}
