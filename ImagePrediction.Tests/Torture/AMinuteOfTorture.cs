using ImagePrediction.Torture;

namespace ImagePrediction.Tests.Torture;

/// <summary>A minute of what <c>bench/torture</c> does for an hour. It has a service of its own.</summary>
public sealed class AMinuteOfTorture
{
    [Fact]
    public async Task EveryPromiseIsKeptWhileEverythingGoesWrong()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Faults are signals to native servers and what /proc shows: Linux only.");
        var options = new Options { Seconds = 45, Seed = 705, Clients = 6, Rate = 12, Workers = 2 };
        // A seed whose first 45 s have every kind of fault that needs neither root nor a compiler.
        Assert.Equal(Enum.GetValues<FaultKind>().Where(kind => kind < FaultKind.DiskFull), options.Schedule.Select(fault => fault.Kind).Distinct().Order());
        var result = await Run.ExecuteAsync(options, TestContext.Current.TestOutputHelper!.WriteLine, null, TestContext.Current.CancellationToken);
        Assert.True(result.Violations.Count == 0, string.Join("\n", result.Violations.Take(10).Select(violation =>
            $"{violation.Rule}: {violation.What}\n  {string.Join("\n  ", violation.Events)}")));
    }
}
