using System.Text;
using System.Text.Json;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Read;

/// <summary>
/// <c>GET …/events</c>: a prediction as it changes, as server-sent events (WHATWG HTML, section 9.2). Each event contains the
/// whole prediction, and its id is the version, so a client that reconnects gets the current state unless it has that already.
/// </summary>
internal sealed class EventStream(
    Completions completions, Watcher watcher, PredictionReader predictions, QueueSnapshot queue,
    IOptions<EventOptions> options, IOptions<JsonOptions> json, TimeProvider time)
{
    private static readonly TimeSpan WhenPlacesMayBeFree = TimeSpan.FromSeconds(10);

    public async Task<IResult> SendAsync(HttpContext context, Prediction prediction)
    {
        var seen = int.TryParse(context.Request.Headers["Last-Event-ID"], out var version) ? version : 0;
        if (prediction.IsFinal && prediction.Version == seen)
            return TypedResults.NoContent(); // by the standard, this tells the client not to reconnect
        using var place = watcher.TryTakePlace(context);
        if (place is null)
            return new ProblemResult(ProblemType.TooManyStreams, "Close some, or read the prediction from time to time instead.", WhenPlacesMayBeFree);

        using var listener = completions.Listen(prediction.Id);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // proxies that support it pass on each event at once
        if (context.IsHead())
            return TypedResults.Empty;
        try
        {
            await SendAsync(context.Response, prediction.Id, seen, listener, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
        return TypedResults.Empty;
    }

    private async Task SendAsync(
        HttpResponse response, Guid id, int seen, Completions.Listener listener, CancellationToken cancellationToken)
    {
        var (began, spoke, place) = (time.GetTimestamp(), time.GetTimestamp(), (QueueInfo?)null);
        await WriteAsync(response, ": here\n\n", cancellationToken);
        while (time.GetElapsedTime(began) < options.Value.MaxDuration && !completions.IsStopping)
        {
            var (isKnown, prediction) = await TryReadAsync(id);
            var info = prediction is null ? place : queue.InfoOf(prediction);
            if (isKnown && prediction is null)
            {
                await WriteAsync(response, "event: deleted\ndata: {}\n\n", cancellationToken);
                return;
            }
            if (prediction is not null && (prediction.Version != seen || HasMoved(place, info)))
            {
                var data = JsonSerializer.Serialize(PredictionResponse.From(prediction, info, KnownHosts.OriginOf(response.HttpContext)), json.Value.SerializerOptions);
                await WriteAsync(response, $"event: prediction\nid: {prediction.Version}\ndata: {data}\n\n", cancellationToken);
                (spoke, seen) = (time.GetTimestamp(), prediction.Version);
            }
            else if (time.GetElapsedTime(spoke) > options.Value.Heartbeat)
            {
                await WriteAsync(response, ": still here\n\n", cancellationToken);
                spoke = time.GetTimestamp();
            }
            if (prediction is { IsFinal: true })
                return;
            place = info;
            await listener.WaitAsync(options.Value.LookAgain, cancellationToken);
        }
    }

    // The position in the queue is not part of the version, but clients that display it need updates.
    private static bool HasMoved(QueueInfo? from, QueueInfo? to) =>
        from is not null && to is not null && (from.Position, from.Workers, from.Paused) != (to.Position, to.Workers, to.Paused);

    private async Task<(bool IsKnown, Prediction? Prediction)> TryReadAsync(Guid id)
    {
        try
        {
            return (true, await predictions.FindAsync(id));
        }
        catch (Exception away) when (DatabaseAway.Means(away))
        {
            return (false, null); // the stream stays open: the database may come back
        }
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, Encoding.UTF8, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
