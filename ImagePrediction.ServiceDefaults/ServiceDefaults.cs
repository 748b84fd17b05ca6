using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of this solution shares: telemetry and health. No service calls another over HTTP.</summary>
public static class ServiceDefaults
{
    /// <summary>The prefix of our own activity sources and meters; everything under it is exported.</summary>
    public const string TelemetryPrefix = "ImagePrediction";

    /// <summary>Adds telemetry, the liveness check, and an orderly stop at any time.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.Services.AddHealthChecks().AddLivenessCheck();
        builder.Services.LimitHealthChecks();
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        return builder;
    }

    /// <summary>Maps <c>/health</c> (may this instance take traffic?) and <c>/alive</c> (is this process worth keeping?).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthEndpoints();
        return app;
    }

    private static void AddTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Without a collector nothing is recorded: spans that nobody reads would still cost time for every image.
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            builder.Configuration.AddInMemoryCollection(ClientsWithoutTelemetry);
            return;
        }
        var budget = new TraceBudget(builder.Configuration.GetValue("Telemetry:TracesPerSecond", 20));
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter(TelemetryPrefix + ".*"))
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new NoOwnStatements()))
                .AddSource(builder.Environment.ApplicationName, TelemetryPrefix + ".*")
                .AddAspNetCoreInstrumentation(options => options.Filter = budget.MayBegin)
                .AddHttpClientInstrumentation())
            .UseOtlpExporter();
    }

    // Turns off the telemetry of Aspire's client integrations. https://aspire.dev/integrations/
    private static readonly Dictionary<string, string?> ClientsWithoutTelemetry = new()
    {
        ["Aspire:StackExchange:Redis:DisableTracing"] = "true",
        ["Aspire:Npgsql:DisableTracing"] = "true",
        ["Aspire:Npgsql:DisableMetrics"] = "true",
        ["Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:DisableTracing"] = "true",
        ["Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:DisableMetrics"] = "true",
    };
}
