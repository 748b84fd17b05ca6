using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>What an operator can see and do: pause and resume, retry by error code, the workers by name.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Operating(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhilePausedPhotosAreAcceptedAndWait()
    {
        var topology = await shared.GetAsync();
        await topology.PauseAsync();
        Guid id;
        try
        {
            id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
            // Each worker has said again since then that it runs: it would have taken it by now.
            await Eventually.GetAsync(() => topology.ScalarAsync<bool>(
                "SELECT coalesce(bool_and(seen_at > created_at + interval '2 s'), false) FROM workers, predictions WHERE id = $1 AND seen_at > now() - interval '1 minute'", id), seen => seen);

            var prediction = await Eventually.GetAsync(() => topology.GetAsync(id), seen => seen.GetProperty("queue").GetProperty("paused").GetBoolean());
            Assert.Equal(("queued", 0), (prediction.GetProperty("status").GetString(), prediction.GetProperty("attempt").GetInt32()));
            Assert.Equal(JsonValueKind.Null, prediction.GetProperty("queue").GetProperty("estimated_wait_ms").ValueKind);
            Assert.Equal(JsonValueKind.String, (await StatsAsync(topology)).GetProperty("paused_since").ValueKind);
        }
        finally
        {
            await topology.ResumeAsync();
        }
        Assert.Equal("succeeded", (await topology.FinalAsync(id)).GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, (await StatsAsync(topology)).GetProperty("paused_since").ValueKind);
    }

    [Fact]
    public async Task WorkersHaveTheNamesThatTheDashboardShows()
    {
        var topology = await shared.GetAsync();
        var instances = await topology.AllRunAsync("worker");

        var stats = await Eventually.GetAsync(() => StatsAsync(topology), stats => Running(stats).Count() == instances.Count);

        Assert.Equal(instances.Order(StringComparer.Ordinal), Running(stats).Order(StringComparer.Ordinal));
        Assert.Equal(JsonValueKind.Null, stats.GetProperty("dashboard").ValueKind); // a test's application has none

        static IEnumerable<string> Running(JsonElement stats) => stats.GetProperty("worker_list").EnumerateArray()
            .Where(worker => worker.GetProperty("state").GetString() == "running").Select(worker => worker.GetProperty("name").GetString()!);
    }

    [Fact]
    public async Task FailuresOfOneCodeAreTriedAgainTogether()
    {
        var topology = await shared.GetAsync();
        var photos = await topology.AcceptWithoutImagesAsync(2);
        foreach (var (id, photo) in photos)
        {
            Assert.Equal("image_missing", (await topology.FinalAsync(id)).GetProperty("error").GetProperty("code").GetString());
            await File.WriteAllBytesAsync(topology.PlaceOf(id), photo, Cancellation);
        }

        using var response = await topology.Api.PostAsync("/image_predictions/retry?error_code=image_missing", null, Cancellation);

        var answer = await Topology.ReadAsync(response);
        Assert.True(answer.GetProperty("retried").GetInt32() >= 2);
        Assert.False(answer.GetProperty("more").GetBoolean());
        foreach (var (id, _) in photos)
            Assert.Equal("succeeded", (await topology.FinalAsync(id)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("?error_code=image_corrupt", "at fault")]
    [InlineData("?error_code=bad_luck", "worker_lost")]
    [InlineData("", "error_code")]
    public async Task RetryingManyNeedsACodeWhereThatCanHelp(string query, string hint)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.Api.PostAsync($"/image_predictions/retry{query}", null, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(hint, (await Topology.ReadAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static Task<JsonElement> StatsAsync(Topology topology) => topology.Api.GetFromJsonAsync<JsonElement>("/stats", Cancellation);
}
