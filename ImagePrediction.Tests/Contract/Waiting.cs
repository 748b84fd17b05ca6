using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary><c>Prefer: wait</c>: the answer in the answer.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Waiting(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APostThatWaitsIsAnsweredWithTheResult()
    {
        var topology = await shared.GetAsync();
        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: Wait("wait=30"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("wait=30", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Null(response.Headers.RetryAfter);
        var prediction = await Topology.ReadAsync(response);
        Assert.Equal("succeeded", prediction.GetProperty("status").GetString());
        Assert.Equal($"/image_prediction/{prediction.GetProperty("id").GetGuid()}", response.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("respond-async, wait=3600")]
    [InlineData("wait=99999999999")]
    [InlineData("wait=\"99999999999999999999999\"")]
    public async Task AWaitOfMoreThanAMinuteIsCutToOne(string prefer)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: Wait(prefer));
        Assert.Equal("wait=60", response.Headers.GetValues("Preference-Applied").Single());
    }

    [Theory]
    [InlineData("wait=soon")]
    [InlineData("wait=0")]
    [InlineData("wait")]
    [InlineData("handling=lenient")]
    public async Task AWishThatIsNoWaitIsPassedOver(string prefer)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: Wait(prefer));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.False(response.Headers.Contains("Preference-Applied"));
    }

    [Fact]
    public async Task AfterAQuietTimeManyPhotosAreNotExpectedToTakeLong()
    {
        var topology = await shared.GetAsync();
        Task CompletedPerSecondAsync(double least, double most) => Eventually.GetAsync(() => topology.Api.GetFromJsonAsync<JsonElement>("/stats"),
            stats => stats.GetProperty("completed_per_s").GetDouble() is var rate && rate >= least && rate <= most);
        await CompletedPerSecondAsync(0, 0);
        await topology.AllSucceedAsync([await topology.AcceptAsync(Photos.Jpeg(64, 48))]);
        await CompletedPerSecondAsync(0.1, 0.5);

        var expected = await Task.WhenAll(Enumerable.Range(0, 25).Select(async _ =>
        {
            using var accepted = await topology.PostAsync(Photos.Jpeg(320, 240));
            return accepted.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        }));

        Assert.InRange(expected.Max(), 1, 40); // by all seconds of the last ten, it would be 50 for the last of them
    }

    [Fact]
    public async Task AGetThatWaitsIsAnsweredOnceItIsFinal()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        using var request = Wait("wait=30");
        request.RequestUri = new($"/image_prediction/{id}", UriKind.Relative);
        using var response = await topology.Api.SendAsync(request, Cancellation);
        Assert.Equal("succeeded", (await Topology.ReadAsync(response)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task ThePresentStateHasATagAndIsNotSentTwice()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        using var first = await topology.Api.GetAsync($"/image_prediction/{id}", Cancellation);
        Assert.NotNull(first.Headers.ETag);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag);
        using var second = await topology.Api.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(Cancellation));
        using var other = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}");
        other.Headers.TryAddWithoutValidation("If-None-Match", "W/\"1\"");
        using var third = await topology.Api.SendAsync(other, Cancellation);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    private static HttpRequestMessage Wait(string prefer)
    {
        var request = new HttpRequestMessage();
        request.Headers.Add("Prefer", prefer);
        return request;
    }
}
