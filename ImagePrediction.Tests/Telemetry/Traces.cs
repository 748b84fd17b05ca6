using System.Diagnostics;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Telemetry;

/// <summary>What an operator sees of a prediction.</summary>
public sealed class Traces
{
    [Fact]
    public async Task OneTraceSpansThePostTheQueueAndTheWorker()
    {
        await using var collector = await Collector.StartAsync();
        await using var topology = await Topology.StartAsync([.. new[] { "api", "worker" }.SelectMany(service => new[]
        {
            (service, "OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            (service, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            (service, "OTEL_BSP_SCHEDULE_DELAY", "200"),
            (service, "OTEL_METRIC_EXPORT_INTERVAL", "500"),
        })]);
        var traceId = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage();
        request.Headers.Add("traceparent", $"00-{traceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01");

        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        await topology.FinalAsync((await Topology.ReadAsync(response)).GetProperty("id").GetGuid());

        foreach (var span in new[] { "POST /image_prediction", "send tasks", "process tasks" })
            await Eventually.GetAsync(() => Task.FromResult(collector.HasSpan(traceId, span)), found => found);
        foreach (var metric in new[] { "imageprediction.queue.time", "imageprediction.inference.duration", "imageprediction.outcomes", "imageprediction.queue.depth" })
            await Eventually.GetAsync(() => Task.FromResult(collector.HasMetric(metric)), found => found);
    }
}
