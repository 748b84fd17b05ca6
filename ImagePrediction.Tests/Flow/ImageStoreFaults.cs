using System.Net;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>The whole flow over either store, and what happens when the store goes away.</summary>
public sealed class ImageStoreFaults(Azurite azurite) : IClassFixture<Azurite>
{
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("folder")]
    [InlineData("blobs")]
    public async Task AStoreThatIsAwayForAWhileUnderLoadLosesNothingAndSaysSo(string store)
    {
        await using var topology = await StartAsync(store);
        using var enough = new CancellationTokenSource();
        var posting = Enumerable.Range(0, 4).Select(lane => PostUntilAsync(topology, lane, enough.Token)).ToList();
        await Eventually.GetAsync(() => topology.CountAsync("status = 'succeeded'"), done => done > 20);

        await using (store == "blobs" ? await azurite.TakeAwayAsync() : new FolderAway(topology.Images))
        {
            var back = Task.Delay(Absence, TestContext.Current.CancellationToken);
            using var refused = await topology.PostAsync(Photos.Jpeg(64, 48));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("/problems/image-store-away", (await Topology.ReadAsync(refused)).GetProperty("type").GetString());
            Assert.NotNull(refused.Headers.RetryAfter);
            using var health = await topology.Api.GetAsync("/health", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            await back;
        }
        using var accepted = await Eventually.GetAsync(
            () => topology.PostAsync(Photos.Jpeg(64, 48)), response => response.StatusCode == HttpStatusCode.Accepted);
        await enough.CancelAsync();

        var ids = (await Task.WhenAll(posting)).SelectMany(ids => ids).ToArray();
        await topology.AllSucceedAsync(ids);
        Assert.All(await Task.WhenAll(ids.Take(20).Select(id => topology.Api.GetByteArrayAsync($"/image_prediction/{id}/image"))),
            image => Assert.NotEmpty(image));
    }

    [Fact]
    public async Task AnImageInBlobStorageIsAnsweredSentDrawnAndDeleted()
    {
        await using var topology = await StartAsync("blobs");
        var photo = Photos.Jpeg(320, 240);
        var id = await topology.AcceptAsync(photo);
        Assert.Equal("succeeded", (await topology.FinalAsync(id)).GetProperty("status").GetString());
        Assert.Equal(photo, await topology.Api.GetByteArrayAsync($"/image_prediction/{id}/image", TestContext.Current.CancellationToken));
        using (var part = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}/image") { Headers = { Range = new(10, 19) } })
        using (var sent = await topology.Api.SendAsync(part, TestContext.Current.CancellationToken))
            Assert.Equal(photo[10..20], await sent.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(await topology.Api.GetByteArrayAsync($"/image_prediction/{id}/annotated", TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(topology.Images), "Nothing is kept in the folder.");

        using var deleted = await topology.Api.DeleteAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        var blobs = new Azure.Storage.Blobs.BlobContainerClient(azurite.ConnectionString("images").Split(";ContainerName")[0], "images");
        Assert.Empty(await blobs.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken)
            .Where(blob => blob.Name.EndsWith(id.ToString(), StringComparison.Ordinal)).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ADeleteWhoseImageStaysSaysThatThePredictionIsGoneAndTheImageIsNot()
    {
        await using var topology = await StartAsync("folder");
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        // A folder is not deleted as a file is.
        var image = topology.ImageOf(id);
        File.Delete(image);
        Directory.CreateDirectory(image);

        using var deleted = await topology.Api.DeleteAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, deleted.StatusCode);
        var problem = await Topology.ReadAsync(deleted);
        Assert.Equal("/problems/image-store-away", problem.GetProperty("type").GetString());
        Assert.Contains("Its image will be removed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var gone = await topology.Api.GetAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task<Topology> StartAsync(string store)
    {
        if (store == "folder")
            return await Topology.StartAsync();
        Azurite.SkipUnlessInstalled();
        var connection = azurite.ConnectionString("images");
        return await Topology.StartAsync(("api", "ConnectionStrings__images", connection), ("worker", "ConnectionStrings__images", connection));
    }

    /// <summary>Posts one photo after the other; each is accepted, or refused because the store is away.</summary>
    private static async Task<List<Guid>> PostUntilAsync(Topology topology, int lane, CancellationToken enough)
    {
        List<Guid> accepted = [];
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            using var response = await topology.PostAsync(Photos.Jpeg(64, 48, seed: lane + 4 * i));
            JsonElement body = await Topology.ReadAsync(response);
            if (response.StatusCode == HttpStatusCode.Accepted)
                accepted.Add(body.GetProperty("id").GetGuid());
            else
                Assert.Equal("/problems/image-store-away", body.GetProperty("type").GetString());
        }
        return accepted;
    }
}
