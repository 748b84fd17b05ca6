using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.AppHost;

/// <summary>What running on this machine adds to the topology: output, logs, restarts, an orderly stop.</summary>
internal static class ThisMachine
{
    // Lets the dashboard distinguish replicas. The orchestrator fills it in, as it does for their telemetry.
    private const string SuffixOfTheInstance = "-{{- index .Annotations \"otel-service-instance-id\" -}}";

    /// <summary>Runs the program that was built along with this AppHost, without a <c>dotnet run</c> in between.</summary>
    public static IResourceBuilder<ProjectResource> RunAsBuilt(this IResourceBuilder<ProjectResource> service)
    {
        var project = service.Resource.GetProjectMetadata().ProjectPath;
        var (folder, name) = (Path.GetDirectoryName(project)!, Path.GetFileNameWithoutExtension(project));
        // bin/Release/net10.0: of the AppHost, or of the tests.
        var output = Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."), AppContext.BaseDirectory);
        return service.WithAnnotation(new ExecutableAnnotation { Command = Path.Combine(folder, output, name), WorkingDirectory = folder });
    }

    /// <summary>Adds all of this to the application of these two services. <paramref name="key"/>: the API key clients need, or null.</summary>
    public static void RunOnThisMachine(
        this IDistributedApplicationBuilder builder, RunSettings settings, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker, string? key)
    {
        Dashboard.FindAddresses(builder.Configuration);
        foreach (var service in new[] { api, worker })
            service.WithTelemetryOnlyForADashboard();
        api.WithEnvironment(context =>
        {
            if (HasDashboard(context))
                context.EnvironmentVariables["Dashboard__Url"] = Dashboard.Address(builder.Configuration);
        });
        worker.WithEnvironment("Worker__Name", settings.Replicas > 1 ? worker.Resource.Name + SuffixOfTheInstance : worker.Resource.Name);
        Progress.Tell(builder, settings, api, worker, key);
        builder.Services.AddPatientHealthChecks();
        builder.Services.AddSingleton(settings);
        // Started before Aspire's own service, whose start lasts until everything runs, and stopped after it; OrderlyStop is stopped first.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, Restarts>());
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ResourceLogs>());
        builder.Services.AddHostedService<OrderlyStop>();
        // Aspire logs its own steps; users only need to see what goes wrong.
        builder.Services.AddLogging(logging => logging.AddFilter("Aspire", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
            // The dashboard shows what is unhealthy; during the start that is expected.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            // Ctrl-C during the start is not a failure; a real one is thrown by Run as well.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None));
    }

    /// <summary>Without a dashboard nothing listens at Aspire's default endpoint: telemetry goes to a configured collector, or nowhere.</summary>
    private static void WithTelemetryOnlyForADashboard(this IResourceBuilder<ProjectResource> service) =>
        service.WithEnvironment(context =>
        {
            if (!HasDashboard(context))
                foreach (var (name, usual) in new[] { ("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_HEADERS", "") })
                    context.EnvironmentVariables[name] = Environment.GetEnvironmentVariable(name) ?? usual;
        });

    private static bool HasDashboard(EnvironmentCallbackContext context) => context.ExecutionContext.Services
        .GetRequiredService<DistributedApplicationModel>().Resources.Any(resource => resource.Name == "aspire-dashboard");
}
