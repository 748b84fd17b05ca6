using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.Torture;

/// <summary>Receives webhooks; the first attempts of some fail, with an error or a truncated response.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentDictionary<string, int> _attempts = new();

    private Receiver(WebApplication server) => _server = server;

    public Uri Url => new($"{_server.Urls.Single()}/hook");

    public static async Task<Receiver> StartAsync(History history, int seed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver._server.MapPost("/hook", async context => await receiver.TakeAsync(context, history, seed));
        await receiver._server.StartAsync();
        return receiver;
    }

    private async Task TakeAsync(HttpContext context, History history, int seed)
    {
        var began = history.Now;
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var message = context.Request.Headers["webhook-id"].ToString();
        var attempt = _attempts.AddOrUpdate(message, 1, (_, before) => before + 1);
        // Some fail at first, a few of them four times.
        var luck = (int)((uint)(message.Aggregate(seed, (sum, letter) => unchecked((sum * 31) + letter))) % 50);
        var fails = luck == 0 ? attempt <= 4 : luck < 10 && attempt == 1;
        context.Response.StatusCode = fails ? 503 : 204;
        var data = body.RootElement.GetProperty("data");
        history.Add(new("hook", "", history.Now)
        {
            Began = began, Id = data.GetProperty("id").GetGuid(), State = data.GetProperty("status").GetString(), Text = message,
            Answer = Answers.Of(data), Number = attempt, Status = context.Response.StatusCode,
        });
        if (fails && luck % 2 == 1)
            context.Abort();
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}
