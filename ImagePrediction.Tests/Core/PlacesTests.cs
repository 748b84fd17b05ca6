using System.Net;
using ImagePrediction.Api.Access;
using Microsoft.AspNetCore.Http;

namespace ImagePrediction.Tests.Core;

/// <summary>The limits on requests that are held open: streams, uploads.</summary>
public sealed class PlacesTests
{
    [Fact]
    public void OneClientGetsItsShareAndAllTogetherTheWhole()
    {
        using var places = Client.Places(all: 3, ofOne: 2);
        Assert.True(places.AttemptAcquire(From("192.0.2.1")).IsAcquired);
        var second = places.AttemptAcquire(From("192.0.2.1"));
        Assert.True(second.IsAcquired);
        Assert.False(places.AttemptAcquire(From("192.0.2.1")).IsAcquired);
        Assert.True(places.AttemptAcquire(From("192.0.2.2")).IsAcquired);
        Assert.False(places.AttemptAcquire(From("192.0.2.3")).IsAcquired);

        second.Dispose();
        Assert.True(places.AttemptAcquire(From("192.0.2.3")).IsAcquired);
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")] // one network, one client
    public void TheSameClientIsKnownByBothAddresses(string one, string other) =>
        Assert.Equal(Client.Of(From(one)), Client.Of(From(other)));

    private static DefaultHttpContext From(string address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return context;
    }
}
