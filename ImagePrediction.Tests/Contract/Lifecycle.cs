using System.Net;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>Cancel, delete and retry, and what becomes of a worker that is in the middle of it.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Lifecycle(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADeletedPredictionIsGoneWithItsImage()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        Assert.True(topology.HasImage(id));

        using var first = await topology.Api.DeleteAsync($"/image_prediction/{id}", Cancellation);
        using var second = await topology.Api.DeleteAsync($"/image_prediction/{id}", Cancellation);
        using var read = await topology.Api.GetAsync($"/image_prediction/{id}", Cancellation);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (first.StatusCode, second.StatusCode, read.StatusCode));
        Assert.False(topology.HasImage(id));
    }

    [Fact]
    public async Task AHundredDeletedWhileTheyRunLeaveNeitherRowNorImage()
    {
        var topology = await shared.GetAsync();
        var ids = await topology.AcceptManyAsync(100);
        await Task.WhenAll(ids.Select(async id =>
        {
            using var response = await topology.Api.DeleteAsync($"/image_prediction/{id}", Cancellation);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }));

        await topology.AllSucceedAsync([await topology.AcceptAsync(Photos.Jpeg(64, 48))]); // whoever had one in hand is done with it
        Assert.Equal(0, await topology.CountAsync("id = ANY($1)", ids));
        Assert.DoesNotContain(ids, topology.HasImage);
    }

    [Fact]
    public async Task AFailedPredictionIsTriedAgainOnRequestAndOnlyThen()
    {
        var topology = await shared.GetAsync();
        var photo = Photos.Jpeg(640, 480);
        var id = await topology.AcceptAsync(photo[..(photo.Length / 2)]);
        var failed = await topology.FinalAsync(id);
        Assert.Equal("failed", failed.GetProperty("status").GetString());
        await File.WriteAllBytesAsync(topology.ImageOf(id), photo, Cancellation); // as an operator would, from a backup

        var (status, retried) = await RetryAsync(topology, failed.GetProperty("links").GetProperty("retry").GetString()!);
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal(JsonValueKind.Null, retried.GetProperty("error").ValueKind);
        var succeeded = await topology.FinalAsync(id);
        Assert.Equal("succeeded", succeeded.GetProperty("status").GetString());
        Assert.Equal(2, succeeded.GetProperty("attempt").GetInt32());

        (status, _) = await RetryAsync(topology, $"/image_prediction/{id}/retry");
        Assert.Equal(HttpStatusCode.Conflict, status);
    }

    [Fact]
    public async Task WhatIsFinalCannotBeCanceled()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        using var response = await topology.Api.PostAsync($"/image_prediction/{id}/cancel", null, Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("/problems/already-final", (await Topology.ReadAsync(response)).GetProperty("type").GetString());
    }

    private static async Task<(HttpStatusCode, JsonElement)> RetryAsync(Topology topology, string link)
    {
        using var response = await topology.Api.PostAsync(link, null, Cancellation);
        return (response.StatusCode, await Topology.ReadAsync(response));
    }
}
