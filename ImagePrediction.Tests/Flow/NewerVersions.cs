using System.Net;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>What instances of this version do while a newer one is rolled out beside them.</summary>
public sealed class NewerVersions
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AColumnMoreDisturbsNobody()
    {
        await using var topology = await Topology.StartAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        string[] reads = [$"/image_prediction/{id}", "/image_predictions", "/stats"];
        async Task<HttpStatusCode[]> ReadAsync() => await Task.WhenAll(Enumerable.Repeat(reads, 40).SelectMany(paths => paths).Select(async path =>
        {
            using var response = await topology.Api.GetAsync(path, Test);
            return response.StatusCode;
        }));

        // Twice: what a connection sends again, it has Postgres prepare.
        Assert.All(await ReadAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.All(await ReadAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
        await using (var command = topology.Database.CreateCommand("ALTER TABLE predictions ADD COLUMN of_a_newer_version text; ALTER TABLE webhook_deliveries ADD COLUMN of_a_newer_version text"))
            await command.ExecuteNonQueryAsync(Test);

        Assert.All(await ReadAsync(), status => Assert.Equal(HttpStatusCode.OK, status));
        await topology.AllSucceedAsync(await topology.AcceptManyAsync(40));
    }
}
