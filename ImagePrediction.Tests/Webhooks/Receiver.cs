using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>What came in one request to a receiver.</summary>
internal sealed record Message(string Id, long Timestamp, string Signature, string? ContentType, byte[] Body);

/// <summary>An HTTP server of a client who wants to be told. Each test has a path of its own in it.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly WebApplication _server;
    private readonly ConcurrentDictionary<string, Channel<Message>> _inboxes = new();
    private readonly ConcurrentDictionary<string, Func<HttpContext, int, Task>> _answers = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();

    private Receiver(WebApplication server)
    {
        _server = server;
        server.MapPost("/{inbox}", TakeAsync);
        server.MapGet("/{inbox}", (string inbox, HttpContext context) => _answers[inbox](context, 0));
    }

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        await receiver._server.StartAsync();
        return receiver;
    }

    public string Url(string inbox) => $"{_server.Urls.Single()}/{inbox}";

    /// <summary>Answers with these statuses, one a request, and 200 from then on.</summary>
    public void Answer(string inbox, params int[] statuses) => Answer(inbox, (context, count) =>
    {
        context.Response.StatusCode = count <= statuses.Length ? statuses[count - 1] : 200;
        return Task.CompletedTask;
    });

    /// <summary>Answers by a function of the request and its number, from 1; GETs are not counted.</summary>
    public void Answer(string inbox, Func<HttpContext, int, Task> answer) => _answers[inbox] = answer;

    /// <summary>The next message to that path, once it has come.</summary>
    public Task<Message> NextAsync(string inbox) =>
        Inbox(inbox).Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit);

    public int Count(string inbox) => _counts.GetValueOrDefault(inbox);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task TakeAsync(string inbox, HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        Inbox(inbox).Writer.TryWrite(new(headers["webhook-id"].Single()!, long.Parse(headers["webhook-timestamp"].Single()!),
            headers["webhook-signature"].Single()!, context.Request.ContentType, body.ToArray()));
        var count = _counts.AddOrUpdate(inbox, 1, (_, before) => before + 1);
        if (_answers.TryGetValue(inbox, out var answer))
            await answer(context, count);
    }

    private Channel<Message> Inbox(string inbox) => _inboxes.GetOrAdd(inbox, _ => Channel.CreateUnbounded<Message>());
}
