using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>The event stream of a prediction.</summary>
[Collection(SharedTopology.Collection)]
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
