using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.Tests.Telemetry;

/// <summary>Receives OTLP over HTTP and keeps what was sent, as it was sent.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentBag<byte[]> _traces = [];
    private readonly ConcurrentBag<byte[]> _metrics = [];

    private Collector(WebApplication server)
    {
        _server = server;
        server.MapPost("/v1/traces", request => KeepAsync(request, _traces));
        server.MapPost("/v1/metrics", request => KeepAsync(request, _metrics));
        server.MapPost("/v1/logs", _ => Task.CompletedTask);
    }

    public string Url => _server.Urls.Single();

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var collector = new Collector(builder.Build());
        await collector._server.StartAsync();
        return collector;
    }

    /// <summary>
    /// Whether a span of this name belongs to that trace. In a span of OTLP's trace.proto the name follows the trace id
    /// within the ids of span and parent.
    /// </summary>
    public bool HasSpan(string traceId, string name)
    {
        var id = Convert.FromHexString(traceId);
        return _traces.Any(body => Occurrences(body, id).Any(at =>
            body.AsSpan(at, Math.Min(96, body.Length - at)).IndexOf(Encoding.UTF8.GetBytes(name)) >= 0));
    }

    public bool HasMetric(string name) => _metrics.Any(body => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)) >= 0);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private static IEnumerable<int> Occurrences(byte[] body, byte[] pattern)
    {
        for (var at = body.AsSpan().IndexOf(pattern); at >= 0;)
        {
            yield return at;
            var next = body.AsSpan(at + 1).IndexOf(pattern);
            at = next < 0 ? -1 : at + 1 + next;
        }
    }

    private static async Task KeepAsync(HttpContext context, ConcurrentBag<byte[]> bag)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        bag.Add(body.ToArray());
    }
}
