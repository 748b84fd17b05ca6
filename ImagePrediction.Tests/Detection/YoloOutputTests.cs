using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class YoloOutputTests
{
    private readonly List<Candidate> passed = [];

    [Fact]
    public void ScoreIsObjectnessTimesProbabilityAndTheBoxIsGivenByItsCentre()
    {
        var best = YoloOutput.Read([100, 50, 40, 20, 0.8f, 0.9f, 0.1f], 2, 0.5f, 0, passed);
        Assert.Equal(0.72f, best, 6);
        var found = Assert.Single(passed);
        Assert.Equal((0, 80f, 40f, 120f, 60f), (found.Class, found.X1, found.Y1, found.X2, found.Y2));
        Assert.Equal(0.72f, found.Score, 6);
    }

    [Fact]
    public void TheWatchedClassIsReportedBelowTheThresholdToo()
    {
        Assert.Equal(0.3f, YoloOutput.Read([0, 0, 1, 1, 0.5f, 0.6f, 0.1f, 9, 9, 1, 1, 0.4f, 0.1f, 0.2f], 2, 0.5f, 0, passed), 6);
        Assert.Empty(passed);
    }

    [Fact]
    public void TheWatchedClassIsReportedWhereAnotherClassWins()
    {
        Assert.Equal(0.54f, YoloOutput.Read([5, 5, 2, 2, 0.9f, 0.6f, 0.7f], 2, 0.5f, 0, passed), 6);
        Assert.Equal(1, Assert.Single(passed).Class);
    }

    [Fact]
    public void AScoreOnTheThresholdPasses()
    {
        YoloOutput.Read([5, 5, 2, 2, 0.5f, 1], 1, 0.5f, 0, passed);
        Assert.Single(passed);
    }

    [Fact]
    public void NothingInNothingOut()
    {
        Assert.Equal(0, YoloOutput.Read([], 2, 0.5f, 0, passed));
        Assert.Equal(0, YoloOutput.Read([float.NaN, 0, 0, 0, float.NaN, float.NaN, 1], 2, 0.5f, 0, passed));
        Assert.Empty(passed);
    }

    [Fact]
    public void TheBestScoreIsFoundWhereverItStands()
    {
        var random = new Random(4);
        for (var round = 0; round < 100; round++)
        {
            var rows = Enumerable.Range(0, 50 * 8).Select(_ => random.NextSingle()).ToArray();
            var expected = Enumerable.Range(0, 50).Max(r => rows[r * 8 + 4] * rows[r * 8 + 6]);
            Assert.Equal(expected, YoloOutput.Read(rows, 3, 0.9f, 1, passed));
        }
    }
}
