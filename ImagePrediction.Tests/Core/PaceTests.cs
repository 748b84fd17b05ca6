using ImagePrediction.Api.Queue;

namespace ImagePrediction.Tests.Core;

/// <summary>How fast predictions become final, from which <c>Retry-After</c> and the expected wait are computed.</summary>
public sealed class PaceTests
{
    private readonly Pace _pace = new();

    [Fact]
    public void OnlySecondsInWhichPredictionsWaitShowWhatTheWorkersAreCapableOf()
    {
        Second(completed: 1, waiting: 0);
        for (var i = 0; i < 4; i++)
            Second(completed: 0, waiting: 0);
        Assert.Equal((0.2, 0), (_pace.PerSecond, _pace.PerBusySecond));

        for (var i = 0; i < 3; i++)
            Second(completed: 20, waiting: 50);
        Assert.Equal(20, _pace.PerBusySecond);
    }

    [Fact]
    public void AfterTenSecondsWithoutAnyItIsZero()
    {
        Second(completed: 5, waiting: 9);
        for (var i = 0; i < 10; i++)
            Second(completed: 0, waiting: 9);
        Assert.Equal((0, 0), (_pace.PerSecond, _pace.PerBusySecond));
    }

    private void Second(int completed, long waiting)
    {
        _pace.Add(completed);
        _pace.Tick(DateTimeOffset.UnixEpoch, waiting, TimeSpan.Zero);
    }
}
