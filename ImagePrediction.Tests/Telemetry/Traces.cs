using System.Diagnostics;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Telemetry;

/// <summary>What an operator sees of a prediction.</summary>
public sealed class Traces(TelemetryTopology telemetry) : IClassFixture<TelemetryTopology>
{
    [Fact]
    public async Task OneTraceSpansThePostPostgresRedisAndTheWorker()
    {
        var traceId = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage();
        request.Headers.Add("traceparent", $"00-{traceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01");

        using var response = await telemetry.App.PostAsync(Photos.Jpeg(64, 48), request: request);
        await telemetry.App.FinalAsync((await Topology.ReadAsync(response)).GetProperty("id").GetGuid());

        foreach (var span in new[] { "POST /image_prediction", "receive image", "store image", "send tasks", "process tasks", "decode image", "run model", "RPUSH", "PUBLISH", "postgresql" })
            await Eventually.GetAsync(() => Task.FromResult(telemetry.Collector.HasSpan(traceId, span)), found => found);
    }

    [Fact]
    public async Task EveryMetricThatTheOperatorsManualNamesIsOneThatTheServicesSend()
    {
        var named = (await File.ReadAllLinesAsync(Path.Combine(Detection.Repository.Root, "docs", "operations.md"), TestContext.Current.CancellationToken))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1])
            .Where(name => name.Contains('.', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(named.Count > 5, string.Join(", ", named));

        await GoWrongAsync(telemetry.App);

        foreach (var metric in named.Append("worker_lost")) // a type of outcome that no worker writes
            Assert.True(await Eventually.GetAsync(() => Task.FromResult(telemetry.Collector.HasMetric(metric)), found => found, TimeSpan.FromSeconds(30)), metric);
    }

    /// <summary>Counters of faults are sent once there was one: a webhook without a receiver, an image out of reach, a lost lease.</summary>
    private static async Task GoWrongAsync(Topology app)
    {
        await app.PauseAsync();
        using var request = new HttpRequestMessage { Headers = { { "Webhook-Url", "http://127.0.0.1:9/" } } };
        using var told = await app.PostAsync(Photos.Jpeg(64, 48), request: request);
        var toldOf = (await Topology.ReadAsync(told)).GetProperty("id").GetGuid();
        var lost = await app.AcceptAsync(Photos.Jpeg(64, 48, seed: 1));
        await app.ScalarAsync<Guid>("UPDATE predictions SET status = 'processing', attempt = attempt + 1, lease_until = now() - interval '1 hour' WHERE id = $1 RETURNING id", lost);
        var ill = await app.AcceptAsync(Photos.Jpeg(64, 48, seed: 2));
        await app.ScalarAsync<Guid>("UPDATE predictions SET status = 'processing', attempt = attempt + 1, losses = 3, lease_until = now() - interval '1 hour' WHERE id = $1 RETURNING id", ill);
        await using (new FolderAway(app.Images))
        {
            await app.ResumeAsync();
            await Eventually.GetAsync(() => app.CountAsync("id = $1 AND faults > 0", toldOf), put => put == 1);
        }
        await app.FinalAsync(toldOf);
        await app.FinalAsync(lost);
        await app.FinalAsync(ill);
        Assert.Equal(1, await app.CountAsync("id = $1 AND losses > 0", lost));
    }
}
