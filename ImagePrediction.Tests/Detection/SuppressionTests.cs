using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class SuppressionTests
{
    [Fact]
    public void OverlapOfHalfShiftedSquaresIsAThird() =>
        Assert.Equal(1f / 3, new Candidate(1, 0, 0, 0, 10, 10).Overlap(new(1, 0, 5, 0, 15, 10)), 6);

    [Fact]
    public void OverlapIsOneWithItselfAndNothingBesideIt()
    {
        var box = new Candidate(1, 0, 3, 4, 10, 12);
        Assert.Equal(1, box.Overlap(box));
        Assert.Equal(0, box.Overlap(new(1, 0, 10, 4, 20, 12)));
        Assert.Equal(0, box.Overlap(new(1, 0, 50, 50, 50, 50)));
    }

    [Fact]
    public void TheBestOfOverlappingBoxesStays() =>
        Assert.Equal([new(0.9f, 0, 0, 0, 10, 10), new(0.5f, 0, 100, 0, 110, 10)], Suppression.Apply(
            [new(0.8f, 0, 1, 0, 11, 10), new(0.5f, 0, 100, 0, 110, 10), new(0.9f, 0, 0, 0, 10, 10)]));

    [Fact]
    public void BoxesOfDifferentClassesDoNotSuppressEachOther() =>
        Assert.Equal(2, Suppression.Apply([new(0.9f, 0, 0, 0, 10, 10), new(0.8f, 1, 0, 0, 10, 10)]).Count);

    [Fact]
    public void ABoxSuppressedByAnotherSuppressesNothingItself()
    {
        // A chain: b is too near a, c is too near b but not a. c stays.
        Candidate a = new(0.9f, 0, 0, 0, 10, 10), b = new(0.8f, 0, 3, 0, 13, 10), c = new(0.7f, 0, 6, 0, 16, 10);
        Assert.Equal([a, c], Suppression.Apply([a, b, c]));
    }

    [Fact]
    public void SuppressingTwiceChangesNothing()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var once = Suppression.Apply(Scatter(seed));
            Assert.Equal(once, Suppression.Apply([.. once]));
        }
    }

    [Fact]
    public void OrderOfInputDoesNotMatter()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var candidates = Scatter(seed);
            var shuffled = candidates.ToArray();
            new Random(seed + 1000).Shuffle(shuffled);
            Assert.Equal(Suppression.Apply(candidates), Suppression.Apply([.. shuffled]));
        }
    }

    [Fact]
    public void NoMoreThanThreeHundredSurvive()
    {
        var apart = Enumerable.Range(0, 1000).Select(i => new Candidate(0.5f + i / 10_000f, 0, i * 20, 0, i * 20 + 10, 10));
        var kept = Suppression.Apply([.. apart]);
        Assert.Equal(Suppression.MaxDetections, kept.Count);
        Assert.Equal(0.5999f, kept[0].Score, 4);
    }

    /// <summary>Crowded boxes with many equal scores.</summary>
    private static List<Candidate> Scatter(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 200).Select(_ =>
        {
            float x = random.Next(80), y = random.Next(80);
            return new Candidate(random.Next(1, 10) / 10f, random.Next(2), x, y, x + random.Next(5, 40), y + random.Next(5, 40));
        })];
    }
}
