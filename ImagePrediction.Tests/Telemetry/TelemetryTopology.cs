using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Telemetry;

/// <summary>An application that sends what it measures to a collector of the test's own, and may call this machine.</summary>
public sealed class TelemetryTopology : IAsyncLifetime
{
    public Topology App { get; private set; } = null!;

    internal Collector Collector { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Collector = await Collector.StartAsync();
        App = await Topology.StartAsync([
            .. new[] { "api", "worker" }.SelectMany(service => new[]
            {
                (service, "OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Url),
                (service, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                (service, "OTEL_BSP_SCHEDULE_DELAY", "200"),
                (service, "OTEL_METRIC_EXPORT_INTERVAL", "500"),
            }),
            ("api", "Webhooks__Secrets__0", $"whsec_{Convert.ToBase64String(new byte[32])}"),
            ("api", "Outbound__AllowHttp", "true"),
            ("api", "Outbound__AllowedNetworks__0", "127.0.0.0/8"),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        if (App is not null)
            await App.DisposeAsync();
        await Collector.DisposeAsync();
    }
}
