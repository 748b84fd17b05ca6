using ImagePrediction.Images;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ImagePrediction;

/// <summary>Registers what API and worker share.</summary>
public static class CoreServices
{
    /// <summary>
    /// The key of the connections for those who look over many predictions: few, and with a limit on each statement, so
    /// that a list that finds little in a large table takes nothing from the images on their way.
    /// </summary>
    public const string Reading = "reading";

    /// <summary>
    /// Adds Redis, Postgres, the image store, the queue and the stores. Needs <c>ConnectionStrings:redis</c> and
    /// <c>ConnectionStrings:predictions</c>; with <c>ConnectionStrings:images</c> images are blobs, without it files.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="connections">How many connections to Postgres the statements on the path of every image may take.</param>
    public static void AddCore(this IHostApplicationBuilder builder, int connections)
    {
        // The services have health checks of their own: Redis away is no reason to take an instance out.
        builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true, RedisDefaults.Apply);
        builder.AddNpgsqlDataSource("predictions", settings => settings.DisableHealthChecks = true,
            source => PrepareForEveryImage(source.ConnectionStringBuilder, connections));
        builder.AddKeyedNpgsqlDataSource(Reading, settings =>
        {
            settings.DisableHealthChecks = true;
            settings.ConnectionString = builder.Configuration.GetConnectionString("predictions");
        }, source => PrepareForReading(source.ConnectionStringBuilder));

        builder.Services.AddOptions<ImageOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        if (builder.Configuration.GetConnectionString("images") is { Length: > 0 } blobs)
            builder.Services.AddSingleton<ImageStore>(_ => new ImageBlobs(blobs));
        else
            builder.Services.AddSingleton<ImageStore, ImageFolder>();
        builder.Services.AddSingleton<TaskQueue>();
        builder.Services.AddSingleton<ListStore>();
        builder.Services.AddSingleton<PredictionStore>();
        builder.Services.AddSingleton<TaskStore>();
        builder.Services.AddSingleton<RecoveryStore>();
        builder.Services.AddSingleton<StatsStore>();
        builder.Services.AddSingleton<DeliveryStore>();
        builder.Services.AddSingleton<RetentionStore>();
    }

    /// <summary>
    /// Statements are prepared automatically, and never planned as a sequential scan, since a plan made while the table
    /// was small would be kept as it grows. JIT is off: disabling sequential scans inflates plan costs and would trigger it.
    /// </summary>
    private static void PrepareForEveryImage(NpgsqlConnectionStringBuilder settings, int connections)
    {
        PrepareForAll(settings);
        settings.MaxAutoPrepare = 32;
        settings.AutoPrepareMinUsages = 2;
        settings.MaxPoolSize = connections;
        settings.CommandTimeout = 15;
        settings.Options = "-c enable_seqscan=off -c jit=off";
    }

    private static void PrepareForReading(NpgsqlConnectionStringBuilder settings)
    {
        PrepareForAll(settings);
        settings.MaxPoolSize = 4;
        settings.Options = "-c statement_timeout=5s -c jit=off";
    }

    private static void PrepareForAll(NpgsqlConnectionStringBuilder settings)
    {
        // Whoever looks at pg_stat_activity sees which process a connection belongs to.
        settings.ApplicationName = $"{AppDomain.CurrentDomain.FriendlyName}/{Environment.ProcessId}";
        settings.Timeout = 5;
        // No statement of ours leaves anything behind in its session.
        settings.NoResetOnClose = true;
    }
}
