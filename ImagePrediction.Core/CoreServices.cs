using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ImagePrediction;

/// <summary>Registers the services that the API and the worker share.</summary>
public static class CoreServices
{
    /// <summary>
    /// Adds Redis, Postgres, the image store and the task queue. Requires <c>ConnectionStrings:redis</c> and
    /// <c>ConnectionStrings:predictions</c>. With <c>ConnectionStrings:images</c> images are stored as blobs, without it as files.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="connections">Maximum number of Postgres connections for statements that run for every image.</param>
    public static void AddCore(this IHostApplicationBuilder builder, int connections)
    {
        // An unavailable Redis must not take an instance out of rotation.
        builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true, RedisDefaults.Apply);
        builder.AddDatabase(connections);
        builder.Services.AddOptions<ImageOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        if (builder.Configuration.GetConnectionString("images") is { Length: > 0 } blobs)
            builder.Services.AddSingleton<ImageStore>(_ => new ImageBlobs(blobs));
        else
            builder.Services.AddSingleton<ImageStore, ImageFolder>();
        builder.Services.AddSingleton<TaskQueue>();
        builder.Services.AddSingleton<QueuePause>();
        builder.Services.AddSingleton<RescueFlow>();
    }
}
