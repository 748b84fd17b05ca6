using ImagePrediction.Torture;

namespace ImagePrediction.Tests.Torture;

/// <summary>A minute of what <c>bench/torture</c> does for an hour. It has a service of its own.</summary>
public sealed class AMinuteOfTorture
{
    [Fact]
    public async Task EveryPromiseIsKeptWhileEverythingGoesWrong()
    {
        // In these 45 s the seed has every kind of fault once.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Faults are signals to native servers and what /proc shows: Linux only.");
        var result = await Run.ExecuteAsync(
            new() { Seconds = 45, Seed = 705, Clients = 6, Rate = 12, Workers = 2 }, TestContext.Current.TestOutputHelper!.WriteLine, null, TestContext.Current.CancellationToken);
        Assert.True(result.Violations.Count == 0, string.Join("\n", result.Violations.Take(10).Select(violation =>
            $"{violation.Rule}: {violation.What}\n  {string.Join("\n  ", violation.Events)}")));
    }
}
