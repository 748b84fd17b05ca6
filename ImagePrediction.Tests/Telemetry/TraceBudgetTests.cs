using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace ImagePrediction.Tests.Telemetry;

/// <summary>How many traces are begun, by what is asked for.</summary>
public sealed class TraceBudgetTests
{
    [Fact]
    public void UnderLoadAFewTracesASecondBeginAndClientsThatPollLeaveRoomForUploads()
    {
        var budget = new TraceBudget(20);

        var reading = Enumerable.Range(0, 200).Count(_ => budget.MayBegin(Request("GET", "/image_prediction/1")));
        var changing = Enumerable.Range(0, 200).Count(_ => budget.MayBegin(Request("POST", "/image_prediction")));

        // Less than the tokens of two seconds, should the machine stand still in between.
        Assert.InRange(reading, 5, 9);
        Assert.InRange(changing, 15, 29);
    }

    [Fact]
    public void ZeroIsNoLimit()
    {
        var budget = new TraceBudget(0);

        Assert.All(Enumerable.Range(0, 200), _ => Assert.True(budget.MayBegin(Request("POST", "/image_prediction"))));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public void ProbesBeginNone(string path) => Assert.False(new TraceBudget(0).MayBegin(Request("GET", path)));

    private static DefaultHttpContext Request(string method, string path) => new() { Request = { Method = method, Path = path } };
}
