using ImagePrediction.Api.Queue;

namespace ImagePrediction.Tests.Core;

public sealed class QueueStateTests
{
    private static readonly DateTime Start = new(2026, 11, 24, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(21)]
    [InlineData(1000)]
    public void ThePlaceInTheLineIsToldToWithinATwentiethOfIt(int depth)
    {
        var line = Enumerable.Range(0, depth).Select(i => Start.AddMilliseconds(i * i)).ToList(); // fewer and fewer came
        var state = Of(line);
        for (var i = 0; i < depth; i++)
            Assert.InRange(state.PositionOf(line[i]), i + 1 - depth / 20.0 - 1, i + 1 + depth / 20.0 + 1);
        Assert.Equal((1, depth), (state.PositionOf(line[0]), state.PositionOf(line[^1])));
    }

    [Fact]
    public void WhoeverCameSinceIsBehindTheLineAndWhoeverCameBeforeIsFirst()
    {
        var state = Of([Start, Start.AddSeconds(1)]);
        Assert.Equal(3, state.PositionOf(Start.AddSeconds(2)));
        Assert.Equal(1, state.PositionOf(DateTime.MinValue));
        Assert.Equal(1, QueueState.Empty.PositionOf(Start));
    }

    /// <summary>As the database marks it: the discrete percentiles.</summary>
    private static QueueState Of(List<DateTime> line) => QueueState.Empty with
    {
        Depth = line.Count,
        Marks = [.. Enumerable.Range(0, QueueState.Parts + 1).Select(part => line[Math.Max(0, (int)Math.Ceiling(part * line.Count / (double)QueueState.Parts) - 1)])],
    };
}
