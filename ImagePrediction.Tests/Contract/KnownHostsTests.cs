using ImagePrediction.Api.Access;
using ImagePrediction.Tests.Support;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ImagePrediction.Tests.Contract;

/// <summary>Whole URLs in answers, and which names go into them.</summary>
[Collection(SharedTopology.Collection)]
public sealed class KnownHostsTests(SharedTopology shared)
{
    [Fact]
    public async Task LinksAreWholeUrlsThatCanBeFollowed()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        var prediction = await topology.FinalAsync(id);
        var self = prediction.GetProperty("links").GetProperty("self").GetString()!;
        Assert.Equal(new Uri(topology.Api.BaseAddress!, $"/image_prediction/{id}").ToString(), self);
        using var client = new HttpClient();
        using var followed = await client.GetAsync(new Uri(self), TestContext.Current.CancellationToken);
        Assert.Equal(id, (await Topology.ReadAsync(followed)).GetProperty("id").GetGuid());
    }

    [Theory]
    [InlineData("dogs.example.com", "https", "dogs.example.com", "https://dogs.example.com")]
    [InlineData("*.example.com;localhost", "http", "eu.example.com:8080", "http://eu.example.com:8080")]
    [InlineData("dogs.example.com", "https", "evil.example.net", "")]
    [InlineData("*", "https", "evil.example.net", "")]
    public void OnlyANameThatTheOperatorGaveGoesIntoAUrl(string allowed, string scheme, string host, string origin)
    {
        var services = new ServiceCollection().AddSingleton<KnownHosts>();
        services.Configure<HostFilteringOptions>(filtering => filtering.AllowedHosts = allowed.Split(';'));
        using var provider = services.BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = provider };
        (context.Request.Scheme, context.Request.Host) = (scheme, new(host));
        Assert.Equal(origin, KnownHosts.OriginOf(context));
    }
}
