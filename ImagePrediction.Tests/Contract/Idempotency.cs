using System.Net;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary><c>Idempotency-Key</c>: posting again gives what posting once gave.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Idempotency(SharedTopology shared)
{
    [Fact]
    public async Task TheSameKeyAndImageGiveTheSamePredictionAndKeepOneImage()
    {
        var topology = await shared.GetAsync();
        var (key, photo) = (Guid.NewGuid().ToString(), Photos.Jpeg(64, 48));
        var images = topology.CountImages();
        var (_, first, replayed) = await PostAsync(topology, photo, key);
        Assert.False(replayed);
        var (_, second, replayedThen) = await PostAsync(topology, photo, $"\"{key}\"");

        Assert.Equal(first, second);
        Assert.True(replayedThen);
        Assert.Equal(1, await topology.ScalarAsync<long>("SELECT count(*) FROM idempotency_keys WHERE key = $1", key));
        Assert.Equal(images + 1, topology.CountImages());
    }

    [Fact]
    public async Task TwentyAtOnceWithOneKeyMakeOnePredictionAndKeepOneImage()
    {
        var topology = await shared.GetAsync();
        var (key, photo) = (Guid.NewGuid().ToString(), Photos.Jpeg(64, 48));
        var (before, images) = (await topology.CountAsync("true"), topology.CountImages());

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(topology, photo, key)));

        Assert.Single(answers.Select(answer => answer.Id).Distinct());
        Assert.Single(answers, answer => !answer.Replayed);
        Assert.Equal((before + 1, images + 1), (await topology.CountAsync("true"), topology.CountImages()));
    }

    [Fact]
    public async Task WhoeverSendsAgainAndWaitsGetsTheFirstAnswer()
    {
        var topology = await shared.GetAsync();
        var (key, photo) = (Guid.NewGuid().ToString(), Photos.Jpeg(64, 48));
        var (_, first, _) = await PostAsync(topology, photo, key);
        var (status, second, replayed) = await PostAsync(topology, photo, key, "wait=30");
        Assert.Equal((HttpStatusCode.OK, first, true), (status, second, replayed));
    }

    [Fact]
    public async Task TheSameKeyWithAnotherImageIsRefusedAndTheFirstStays()
    {
        var topology = await shared.GetAsync();
        var key = Guid.NewGuid().ToString();
        var (_, id, _) = await PostAsync(topology, Photos.Jpeg(64, 48, seed: 1), key);
        var (status, _, _) = await PostAsync(topology, Photos.Jpeg(64, 48, seed: 2), key);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        await topology.FinalAsync(id);
    }

    [Fact]
    public async Task ARefusedImageTakesNoKey()
    {
        var topology = await shared.GetAsync();
        var key = Guid.NewGuid().ToString();
        var (refused, _, _) = await PostAsync(topology, "no image"u8.ToArray(), key);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused);
        var (accepted, _, replayed) = await PostAsync(topology, Photos.Jpeg(64, 48), key);
        Assert.Equal((HttpStatusCode.Accepted, false), (accepted, replayed));
    }

    [Fact]
    public async Task TheKeyOfADeletedPredictionIsGone()
    {
        var topology = await shared.GetAsync();
        var (key, photo) = (Guid.NewGuid().ToString(), Photos.Jpeg(64, 48));
        var (_, id, _) = await PostAsync(topology, photo, key);
        using var deleted = await topology.Api.DeleteAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
        var (status, _, _) = await PostAsync(topology, photo, key);
        Assert.Equal(HttpStatusCode.Gone, status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("256")] // stands for a key of that length
    public async Task AKeyThatIsNoneIsRefused(string key)
    {
        var topology = await shared.GetAsync();
        var (status, _, _) = await PostAsync(topology, Photos.Jpeg(64, 48), key == "256" ? new string('k', 256) : key);
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    private static async Task<(HttpStatusCode Status, Guid Id, bool Replayed)> PostAsync(Topology topology, byte[] photo, string key, string? prefer = null)
    {
        using var request = new HttpRequestMessage();
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var response = await topology.PostAsync(photo, request: request);
        var body = await Topology.ReadAsync(response);
        return (response.StatusCode, body.TryGetProperty("id", out var id) ? id.GetGuid() : Guid.Empty, response.Headers.Contains("Idempotent-Replayed"));
    }
}
