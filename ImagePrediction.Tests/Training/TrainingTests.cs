using System.Globalization;
using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Training;

public sealed class TrainingTests
{
    /// <summary>
    /// training/test_training.py holds the tests of its parts. It leaves what it exported, a picture of just the input's size
    /// and the score that PyTorch gives it.
    /// </summary>
    [Fact]
    public async Task AFewStepsOnGeneratedPicturesLowerTheLossAndTheDetectorAgreesWithTheExport()
    {
        var folder = Directory.CreateTempSubdirectory("training-");
        try
        {
            var (exitCode, said) = await Python.RunAsync("test_training.py", folder.FullName);
            Assert.True(exitCode == 0, said);

            var expected = double.Parse(
                await File.ReadAllTextAsync(Path.Combine(folder.FullName, "smoke.txt"), TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
            using var detector = Detector.Load(new DetectorOptions { Path = Path.Combine(folder.FullName, "smoke.onnx"), Threads = 1 });
            using var image = detector.Prepare(await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "smoke.png"), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            Assert.Equal(["dog", "cat"], detector.Model.Labels);
            Assert.Equal(expected, detector.Detect(image, RunOn.Lane).Confidence, 1e-4);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
