using ImagePrediction.Torture;

namespace ImagePrediction.Tests.Torture;

/// <summary>What <c>bench/torture</c> does by its seed, and how it shortens what failed.</summary>
public sealed class PlanTests
{
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    [Fact]
    public void TheSameSeedGivesTheSamePlan()
    {
        Assert.Equal(Plan.FaultsOf(7, 3600, Kinds), Plan.FaultsOf(7, 3600, Kinds));
        Assert.Equal(Lives(7, 1), Lives(7, 1));
        Assert.NotEqual(Plan.FaultsOf(7, 3600, Kinds), Plan.FaultsOf(8, 3600, Kinds));
        Assert.NotEqual(Lives(7, 1), Lives(8, 1));
        Assert.NotEqual(Lives(7, 1), Lives(7, 2));
    }

    [Fact]
    public void AnHourHasEveryKindOfFaultTenTimesAndSomeInPairs()
    {
        var faults = Plan.FaultsOf(1, 3600, Kinds);
        Assert.All(Kinds, kind => Assert.InRange(faults.Count(fault => fault.Kind == kind), 10, int.MaxValue));
        Assert.Contains(faults.Zip(faults.Skip(1)), pair => pair.Second.At < pair.First.End);
        Assert.All(faults, fault => Assert.InRange(fault.End, 0, 3600));
    }

    [Fact]
    public void AFaultNeverBeginsWhileOneOfItsKindLasts() => Assert.All(Enumerable.Range(1, 50), seed =>
        Assert.All(Plan.FaultsOf(seed, 3600, Kinds).GroupBy(fault => fault.Kind), kind =>
            Assert.All(kind.Zip(kind.Skip(1)), pair => Assert.InRange(pair.Second.At, pair.First.End, double.MaxValue))));

    [Fact]
    public void AReplayKeepsFaultsTogetherAndCutsThePauses()
    {
        Fault[] expected = [new(FaultKind.HaltApi, 3, 10, 0), new(FaultKind.KillRedis, 5, 0, 0), new(FaultKind.KillApi, 16, 0, 0)];
        Assert.Equal(expected, Plan.Closer([new(FaultKind.HaltApi, 100, 10, 0), new(FaultKind.KillRedis, 102, 0, 0), new(FaultKind.KillApi, 500, 0, 0)]));
    }

    [Theory]
    [InlineData(new[] { 5 })]
    [InlineData(new[] { 3, 12 })]
    [InlineData(new[] { 0, 7, 15 })]
    public async Task ThePartThatFailsIsFound(int[] culprits)
    {
        var found = await Shrinking.ShrinkAsync<int>([.. Enumerable.Range(0, 16)], part => Task.FromResult(culprits.All(culprit => part.Contains(culprit))), tries: 1000);
        Assert.Equal(culprits, found);
    }

    [Fact]
    public async Task ShrinkingEndsWithItsTries()
    {
        var tries = 0;
        var found = await Shrinking.ShrinkAsync<int>([.. Enumerable.Range(0, 16)], part => { tries++; return Task.FromResult(part.Contains(3)); }, tries: 2);
        Assert.Equal(2, tries);
        Assert.Equal(Enumerable.Range(0, 4), found);
    }

    [Fact]
    public void NoTwoUploadsAreEqual() => Assert.NotEqual(ImagePrediction.Torture.Pictures.With(1, "one"), ImagePrediction.Torture.Pictures.With(1, "two"));

    private static IEnumerable<string> Lives(int seed, int client) => Plan.LivesOf(seed, client).Take(100).Select(life => $"{life} {string.Join(',', life.Steps)}");
}
