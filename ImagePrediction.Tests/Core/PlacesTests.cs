using System.Net;
using ImagePrediction.Api.Limits;
using Microsoft.AspNetCore.Http;

namespace ImagePrediction.Tests.Core;

/// <summary>The limits on requests that are held open: streams, uploads.</summary>
public sealed class PlacesTests
{
    [Fact]
    public void OneClientGetsItsShareAndAllTogetherTheWhole()
    {
        var places = new Places(all: 3, forOne: 2);
        Assert.NotNull(places.TryTake(From("192.0.2.1")));
        var second = places.TryTake(From("192.0.2.1"));
        Assert.NotNull(second);
        Assert.Null(places.TryTake(From("192.0.2.1")));
        Assert.NotNull(places.TryTake(From("192.0.2.2")));
        Assert.Null(places.TryTake(From("192.0.2.3")));

        second.Dispose();
        Assert.NotNull(places.TryTake(From("192.0.2.3")));
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")] // one network, one client
    public void TheSameClientIsKnownByBothAddresses(string one, string other) =>
        Assert.Equal(LimitServices.ClientOf(From(one)), LimitServices.ClientOf(From(other)));

    private static DefaultHttpContext From(string address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return context;
    }
}
