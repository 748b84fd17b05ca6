using ImagePrediction.Worker.Yolo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Detection;

public sealed class ModelTests : IDisposable
{
    private static readonly (string, string) Dogs = ("names", "{0: 'dog'}");
    private readonly string folder = Directory.CreateTempSubdirectory("model-").FullName;

    private string File1 => Path.Combine(folder, "own.onnx");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TheShippedModelIsWhatItsCardSays()
    {
        using var detector = Detector.Load(new DetectorOptions());
        var card = ModelCard.Beside(Repository.Model)!;
        Assert.Equal((card.Name, card.Version, card.Sha256, card.Threshold),
            (detector.Model.Name, detector.Model.Version, detector.Model.Sha256, detector.Model.Threshold));
        Assert.Contains("dog", detector.Model.Labels);
        Assert.False(detector.Model.Input.Fixed);
        Assert.Equal(card.InputSize, detector.Model.Input.Size);
        detector.WarmUp();
    }

    [Fact]
    public void AModelThatIsNotWhatItsCardSaysIsRefused()
    {
        File.Copy(Repository.Model, File1);
        File.WriteAllText(Path.ChangeExtension(File1, ".json"), $$"""{"sha256": "{{new string('0', 64)}}"}""");
        Assert.Contains("is not the model its card describes", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(Path.ChangeExtension(File1, ".json"), "{}");
        Assert.Contains("holds no sha256", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(Path.ChangeExtension(File1, ".json"), "{");
        Assert.Contains("not valid JSON", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void AModelWithoutACardSpeaksForItself()
    {
        OnnxFile.Write(File1, [-1, 3, -1, -1], [1, -1, 6], Dogs, ("stride", "16"), ("imgsz", "[96, 96]"), ("threshold", "0.4"), ("date", "2026-01-01"));
        using var detector = Detector.Load(new DetectorOptions { Path = File1 });
        Assert.Equal(("own", "2026-01-01", 0.4), (detector.Model.Name, detector.Model.Version, detector.Model.Threshold));
        Assert.Equal(new InputShape(1, null, null, 96, 16), detector.Model.Input);
    }

    [Fact]
    public void AnotherInputSizeMayBeAskedForWhereTheModelTakesAny()
    {
        OnnxFile.Write(File1, [-1, 3, -1, -1], [1, -1, 6], Dogs, ("imgsz", "96"));
        using (var detector = Detector.Load(new DetectorOptions { Path = File1, InputSize = 200 }))
            Assert.Equal(new InputShape(1, null, null, 224, 32), detector.Model.Input);
        OnnxFile.Write(File1, [1, 3, 96, 96], [1, -1, 6], Dogs);
        var refusal = Assert.Throws<ModelException>(() => Detector.Load(new DetectorOptions { Path = File1, InputSize = 200 }));
        Assert.Contains("Model:InputSize", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AModelThatSaysNothingGetsYoloDefaults()
    {
        OnnxFile.Write(File1, [-1, 3, -1, -1], [1, -1, 6], Dogs);
        using var detector = Detector.Load(new DetectorOptions { Path = File1 });
        Assert.Equal((0.25, new InputShape(1, null, null, 640, 32)), (detector.Model.Threshold, detector.Model.Input));
        Assert.Equal(detector.Model.Sha256[..12], detector.Model.Version);
    }

    [Fact]
    public void ClassNamesMayLieInAFileBeside()
    {
        OnnxFile.Write(File1, [1, 3, 64, 64], [1, 1536, 8]);
        Assert.Contains("names no classes", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(Path.ChangeExtension(File1, ".labels.txt"), "cat\ndog\n\nbird\n");
        using var detector = Detector.Load(new DetectorOptions { Path = File1 });
        Assert.Equal(1, detector.Model.Dog);
        Assert.Equal(new InputShape(1, 64, 64, 64, 32), detector.Model.Input);
    }

    [Theory]
    [InlineData(new long[] { 1, 3, 64, 64 }, new long[] { 1, 2048, 6 }, "{0: 'cat'}", "no class 'dog'")]
    [InlineData(new long[] { 1, 1, 64, 64 }, new long[] { 1, 512, 8 }, "{0: 'dog', 1: 'b', 2: 'c'}", "takes")]
    [InlineData(new long[] { 3, 64, 64 }, new long[] { 1, 2048, 6 }, "{0: 'dog'}", "takes")]
    [InlineData(new long[] { 1, 3, 64, 64 }, new long[] { 2048, 6 }, "{0: 'dog'}", "has no output")]
    [InlineData(new long[] { 1, 3, 64, 64 }, new long[] { 1, 1536, 8 }, "{0: 'dog'}", "has no output")]
    public void AModelOfAnotherFormIsRefusedWithTheReason(long[] input, long[] output, string names, string reason)
    {
        OnnxFile.Write(File1, input, output, ("names", names));
        Assert.Contains(reason, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoModelAtAllIsRefused()
    {
        Assert.Contains("no model at", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(File1, "hello");
        Assert.Contains("cannot be run", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void AProviderThatIsNotThereIsNamed()
    {
        var options = new DetectorOptions { Provider = "cuda" };
        Assert.Contains("cuda", Assert.Throws<ModelException>(() => Detector.Load(options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Model:Threshold", "0")]
    [InlineData("Model:Threshold", "1.5")]
    [InlineData("Model:InputSize", "16")]
    [InlineData("Model:Threads", "0")]
    [InlineData("Model:MaxPixels", "0")]
    [InlineData("Model:Provider", "abacus")]
    [InlineData("Model:Path", "")]
    [InlineData("Worker:Replicas", "0")]
    public void OptionsOutOfRangeAreRefused(string key, string value) =>
        Assert.Throws<OptionsValidationException>(() => DetectorOptions.From(Configuration((key, value))));

    [Fact]
    public void ThreadsAreSharedAmongReplicas()
    {
        Assert.Equal(Environment.ProcessorCount, DetectorOptions.From(Configuration()).EffectiveThreads);
        Assert.Equal(1, DetectorOptions.From(Configuration(("Worker:Replicas", "1000"))).EffectiveThreads);
        Assert.Equal(3, DetectorOptions.From(Configuration(("Model:Threads", "3"), ("Worker:Replicas", "2"))).EffectiveThreads);
    }

    private string Refusal() => Assert.Throws<ModelException>(() => Detector.Load(new DetectorOptions { Path = File1 })).Message;

    private static IConfiguration Configuration(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(v => v.Key, v => (string?)v.Value)).Build();
}
