using ImagePrediction.Flow;

namespace ImagePrediction.Tests.Core;

public sealed class HintTests
{
    [Fact]
    public void AHintSurvivesItsWayThroughRedisToTheMicrosecond()
    {
        var hint = new Hint(Guid.CreateVersion7(), new DateTime(2026, 11, 24, 1, 2, 3, DateTimeKind.Utc).AddMicroseconds(456789));
        Assert.Equal(hint, Hint.Parse(hint.ToRedisValue()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01a20b70-abd2-7dcb-82ef-353625e6209c")]
    [InlineData("0123456789abcdef0123456789abcdef:")]
    [InlineData("0123456789abcdef0123456789abcdef:soon")]
    public void WhatIsNoHintIsPassedOver(string element) => Assert.Null(Hint.Parse(element));
}
