using ImagePrediction.AppHost;

namespace ImagePrediction.Tests.Hosting;

/// <summary>How long a resource that crashes soon after its start has to wait for the next one.</summary>
public sealed class RestartPauseTests
{
    [Theory]
    [InlineData(0, false, 0)]
    [InlineData(0, true, 0)]
    [InlineData(1, false, 1)]
    [InlineData(3, false, 4)]
    [InlineData(100, false, 30)]
    [InlineData(1, true, 1)]
    [InlineData(100, true, 2)] // it may have been ready: with one killed every 2 s, work must go on
    public void ItGrowsWithEachEarlyEndButLittleAfterAKill(int earlyEnds, bool killed, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Restarts.PauseAfter(earlyEnds, killed));
}
