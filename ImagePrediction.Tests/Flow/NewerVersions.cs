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
        (HttpMethod Method, string Path, HttpStatusCode Expected)[] requests =
        [
            (HttpMethod.Get, $"/image_prediction/{id}", HttpStatusCode.OK),
            (HttpMethod.Get, "/image_predictions", HttpStatusCode.OK),
            (HttpMethod.Get, "/stats", HttpStatusCode.OK),
            (HttpMethod.Post, $"/image_prediction/{id}/cancel", HttpStatusCode.Conflict),
            (HttpMethod.Post, $"/image_prediction/{id}/retry", HttpStatusCode.Conflict),
        ];
        async Task AllAreAnsweredAsync() => await Task.WhenAll(Enumerable.Repeat(requests, 40).SelectMany(each => each).Select(async request =>
        {
            using var response = await topology.Api.SendAsync(new HttpRequestMessage(request.Method, request.Path), Test);
            Assert.Equal((request.Path, request.Expected), (request.Path, response.StatusCode));
        }));

        // Twice: what a connection sends again, it has Postgres prepare.
        await AllAreAnsweredAsync();
        await AllAreAnsweredAsync();
        await using (var command = topology.Database.CreateCommand("ALTER TABLE predictions ADD COLUMN of_a_newer_version text; ALTER TABLE webhook_deliveries ADD COLUMN of_a_newer_version text"))
            await command.ExecuteNonQueryAsync(Test);

        await AllAreAnsweredAsync();
        await topology.AllSucceedAsync(await topology.AcceptManyAsync(40));

        // And the other way round: workers that are newer than the last migration keep what they hold until it has run.
        await topology.ScalarAsync<object?>("ALTER TABLE predictions RENAME COLUMN below_threshold TO not_yet");
        var ids = await topology.AcceptManyAsync(5);
        await Eventually.GetAsync(() => topology.CountAsync("status = 'processing' AND id = ANY($1)", ids), held => held > 0);
        await Eventually.GetAsync(() => topology.ScalarAsync<long>("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"), failed => failed > 3);
        await topology.ScalarAsync<object?>("ALTER TABLE predictions RENAME COLUMN not_yet TO below_threshold");
        await topology.AllSucceedAsync(ids);
        Assert.Equal(0, await topology.CountAsync("losses > 0 AND id = ANY($1)", ids));
    }
}
