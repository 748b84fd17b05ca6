using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>The event stream of a prediction.</summary>
public sealed class Events(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheStreamEndsWithTheFinalStateWhichIsWhatGetSays()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));

        var events = await ReadAsync(topology, id);

        Assert.All(events, e => Assert.Equal("prediction", e.EventType));
        var last = JsonSerializer.Deserialize<JsonElement>(events[^1].Data);
        Assert.Equal("succeeded", last.GetProperty("status").GetString());
        Assert.Equal((await topology.GetAsync(id)).ToString(), last.ToString());
        Assert.Equal(events.Select(e => int.Parse(e.EventId!)).Order(), events.Select(e => int.Parse(e.EventId!)));
    }

    [Fact]
    public async Task WhoeverReconnectsWithTheFinalVersionIsToldToStop()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        var last = (await ReadAsync(topology, id))[^1].EventId!;

        using var again = await OpenAsync(topology, id, last);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var behind = await OpenAsync(topology, id, "1");
        Assert.Equal(HttpStatusCode.OK, behind.StatusCode);
        Assert.Contains("succeeded", await behind.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AThousandListenersAreToldByOneSubscription()
    {
        await using var topology = await Topology.StartAsync();
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        using var client = new HttpClient { BaseAddress = topology.Api.BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        var streams = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ =>
            client.GetAsync($"/image_prediction/{id}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        using var oneMore = await client.GetAsync($"/image_prediction/{id}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.TooManyRequests, oneMore.StatusCode);
        Assert.NotNull(oneMore.Headers.RetryAfter);

        var listeners = (long)((StackExchange.Redis.RedisResult[])(await topology.Redis.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", "done"))!)[1];
        Assert.Equal(1, listeners);
        using var canceled = await client.PostAsync($"/image_prediction/{id}/cancel", null, Cancellation);
        foreach (var stream in streams)
        {
            Assert.Contains("\"status\":\"canceled\"", await stream.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            stream.Dispose();
        }
    }

    [Fact]
    public async Task ADeletedPredictionEndsItsStream()
    {
        await using var topology = await Topology.StartAsync(("api", "Events__Heartbeat", "00:00:01"));
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        using var response = await OpenAsync(topology, id, null);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation) != ": still here")
        {
            // The first event, then nothing but that it is still there.
        }

        using var deleted = await topology.Api.DeleteAsync($"/image_prediction/{id}", Cancellation);

        Assert.Contains("event: deleted", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<List<SseItem<string>>> ReadAsync(Topology topology, Guid id)
    {
        using var response = await OpenAsync(topology, id, null);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        List<SseItem<string>> events = [];
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
            events.Add(item);
        return events;
    }

    private static async Task<HttpResponseMessage> OpenAsync(Topology topology, Guid id, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}/events");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return await topology.Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }
}
