using System.Net;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>The list of predictions and the figures of the service.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Listing(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PagesFollowEachOtherNewestFirstAndMissNothing()
    {
        var topology = await shared.GetAsync();
        var ids = await topology.AcceptManyAsync(7);
        List<Guid> listed = [];
        for (string? next = null; listed.Count < 7;)
        {
            var page = await ReadAsync(topology, $"/image_predictions?limit=3{(next is null ? "" : $"&cursor={next}")}");
            listed.AddRange(Ids(page));
            next = page.GetProperty("next").GetString();
        }
        Assert.Equal(ids.OrderDescending(), listed.Take(7));
    }

    [Fact]
    public async Task TheLastPageNamesNoNext()
    {
        var topology = await shared.GetAsync();
        await topology.FinalAsync(await topology.AcceptAsync(Photos.Jpeg(64, 48)));
        var oldest = await topology.ScalarAsync<Guid>("SELECT id FROM predictions ORDER BY id LIMIT 1");
        await topology.AcceptAsync(Photos.Jpeg(64, 48));
        var second = await topology.ScalarAsync<Guid>("SELECT id FROM predictions ORDER BY id LIMIT 1 OFFSET 1");

        var page = await ReadAsync(topology, $"/image_predictions?limit=1&cursor={second}");

        Assert.Equal([oldest], Ids(page));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task FiltersLeaveOnlyWhatTheyName()
    {
        var topology = await shared.GetAsync();
        var photo = Photos.Jpeg(640, 480);
        var failed = await topology.AcceptAsync(photo[..(photo.Length / 2)]);
        var succeeded = await topology.AcceptAsync(photo);
        await topology.FinalAsync(failed);
        await topology.FinalAsync(succeeded);

        var failures = await ReadAsync(topology, "/image_predictions?status=failed&limit=100");
        Assert.Contains(failed, Ids(failures));
        Assert.All(failures.GetProperty("items").EnumerateArray(), item => Assert.Equal("failed", item.GetProperty("status").GetString()));
        var without = await ReadAsync(topology, "/image_predictions?status=succeeded&contains_dog=false&limit=100");
        Assert.Contains(succeeded, Ids(without));
        Assert.All(without.GetProperty("items").EnumerateArray(), item => Assert.False(item.GetProperty("contains_dog").GetBoolean()));
        Assert.DoesNotContain(succeeded, Ids(await ReadAsync(topology, "/image_predictions?contains_dog=true&limit=100")));
    }

    [Fact]
    public async Task ThePagesOfAFilteredListKeepTheFilterAndRefuseAnother()
    {
        var topology = await shared.GetAsync();
        var (mine, other) = ($"paging-{Guid.NewGuid()}", $"other-{Guid.NewGuid()}");
        List<Guid> ids = [];
        foreach (var reference in new[] { mine, other, mine, mine, other })
            if (await Named.PostAsync(topology, reference) is var id && reference == mine)
                ids.Add(id);

        var first = await ReadAsync(topology, $"/image_predictions?limit=2&reference={mine}");
        var next = first.GetProperty("next").GetString();
        var second = await ReadAsync(topology, $"/image_predictions?limit=2&cursor={next}");
        Assert.Equal(ids.OrderDescending(), [.. Ids(first), .. Ids(second)]);
        Assert.Equal(Ids(second), Ids(await ReadAsync(topology, $"/image_predictions?limit=2&cursor={next}&reference={mine}")));

        foreach (var filter in new[] { $"reference={other}", $"reference={mine}&status=failed", "contains_dog=true" })
        {
            using var response = await topology.Api.GetAsync($"/image_predictions?cursor={next}&{filter}", Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("other filters", (await Topology.ReadAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("status=done")]
    [InlineData("status=1")]
    [InlineData("contains_dog=maybe")]
    [InlineData("cursor=first")]
    [InlineData("cursor=Zmlyc3QK")]
    [InlineData("cursor=%00")]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    public async Task AParameterThatMakesNoSenseIsRefusedByName(string parameter)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.Api.GetAsync($"/image_predictions?{parameter}", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(parameter.Split('=')[0], (await Topology.ReadAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheFiguresCountWhatJustHappened()
    {
        // One of its own: they count the last minutes, of which what others sent leaves meanwhile.
        await using var topology = await Topology.StartAsync();
        await Eventually.GetAsync(() => ReadAsync(topology, "/stats"), stats => stats.GetProperty("workers").ToString() == "2");
        var photo = Photos.Jpeg(640, 480);
        await topology.FinalAsync(await topology.AcceptAsync(photo[..(photo.Length / 2)]));
        await topology.FinalAsync(await topology.AcceptAsync(photo));

        var after = await Eventually.GetAsync(() => ReadAsync(topology, "/stats"),
            stats => stats.GetProperty("failed").GetInt64() == 1 && stats.GetProperty("succeeded").GetInt64() == 1
                && stats.GetProperty("completed_per_s").GetDouble() > 0);
        Assert.Contains(after.GetProperty("errors").EnumerateArray(), error => error.GetProperty("code").GetString() == "image_corrupt");
        Assert.Contains(after.GetProperty("failures").EnumerateArray(), failure => failure.GetProperty("code").GetString() == "image_corrupt"
            && failure.GetProperty("count").GetInt32() == 1 && !failure.GetProperty("may_retry_help").GetBoolean());
        Assert.Equal(2, after.GetProperty("worker_list").EnumerateArray().Sum(worker => worker.GetProperty("completed").GetInt32()));
        var total = after.GetProperty("total_ms");
        Assert.InRange(total.GetProperty("p50").GetDouble(), 0.01, total.GetProperty("p99").GetDouble());
    }

    private static async Task<JsonElement> ReadAsync(Topology topology, string path)
    {
        using var response = await topology.Api.GetAsync(path, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await Topology.ReadAsync(response);
    }

    private static IEnumerable<Guid> Ids(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid());
}
