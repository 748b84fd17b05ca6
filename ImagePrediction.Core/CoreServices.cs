using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ImagePrediction;

/// <summary>Registers what API and worker share.</summary>
public static class CoreServices
{
    /// <summary>
    /// Adds Redis, Postgres, the image store, and what moves a prediction from state to state. Needs <c>ConnectionStrings:redis</c> and
    /// <c>ConnectionStrings:predictions</c>; with <c>ConnectionStrings:images</c> images are blobs, without it files.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="connections">How many connections to Postgres the statements on the path of every image may take.</param>
    public static void AddCore(this IHostApplicationBuilder builder, int connections)
    {
        // Redis away is no reason to take an instance out.
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
