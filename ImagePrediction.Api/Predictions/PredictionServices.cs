using System.Text.Json;
using ImagePrediction.Api.Events;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Predictions;

/// <summary>Registers what the routes of predictions need.</summary>
internal static class PredictionServices
{
    // An upload may stall so long before its pace is judged.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void AddPredictions(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<UploadOptions>().BindConfiguration("Uploads").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<EventOptions>().BindConfiguration("Events").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Intake>();
        services.AddSingleton<Submission>();
        services.AddSingleton(provider => new Batcher<Guid, Prediction?>(
            provider.GetRequiredService<PredictionStore>().FindAsync, concurrency: 2));
        services.AddSingleton<VisiblePredictions>();
        services.AddSingleton<Completions>();
        services.AddHostedService(provider => provider.GetRequiredService<Completions>());
        services.AddSingleton<Streams>();
        services.AddSingleton<Watcher>();
        services.AddSingleton<EventStream>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<UploadOptions>>((kestrel, uploads) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // Submission bounds it, and says so in a problem
            kestrel.Limits.MinRequestBodyDataRate = uploads.Value.MinBytesPerSecond > 0 ? new(uploads.Value.MinBytesPerSecond, Grace) : null;
        });
    }
}
