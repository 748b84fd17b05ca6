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
    /// Adds the image store, the queue and the stores. Needs an <c>IConnectionMultiplexer</c>, and
    /// <c>ConnectionStrings:predictions</c>; with <c>ConnectionStrings:images</c> images are blobs, without it files.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="connections">How many connections to Postgres the statements on the path of every image may take.</param>
    public static void AddCore(this IHostApplicationBuilder builder, int connections)
    {
        builder.Services.AddOptions<ImageOptions>().BindConfiguration("Images").ValidateDataAnnotations().ValidateOnStart();
        if (builder.Configuration.GetConnectionString("images") is { Length: > 0 } blobs)
            builder.Services.AddSingleton<ImageStore>(_ => new ImageBlobs(blobs));
        else
            builder.Services.AddSingleton<ImageStore, ImageFolder>();
        builder.Services.AddSingleton<TaskQueue>();
        builder.Services.AddSingleton(services => HotDataSource(services.GetRequiredService<IConfiguration>(), connections));
        builder.Services.AddSingleton(services => ReadingDataSource(services.GetRequiredService<IConfiguration>()));
        builder.Services.AddSingleton<ListStore>();
        builder.Services.AddSingleton<PredictionStore>();
        builder.Services.AddSingleton<TaskStore>();
        builder.Services.AddSingleton<RecoveryStore>();
        builder.Services.AddSingleton<StatsStore>();
        builder.Services.AddSingleton<DeliveryStore>();
        builder.Services.AddSingleton<RetentionStore>();
    }

    /// <summary>
    /// Connections for the statements on the path of every image: prepared automatically, and never planned as a
    /// sequential scan, since a plan made while the table was small would be kept as it grows. Nothing here is worth
    /// compiling, which Postgres would think of a plan whose cost a forbidden scan inflates.
    /// </summary>
    /// <exception cref="InvalidOperationException">No connection string is configured.</exception>
    private static NpgsqlDataSource HotDataSource(IConfiguration configuration, int connections)
    {
        var settings = Settings(configuration);
        settings.MaxAutoPrepare = 32;
        settings.AutoPrepareMinUsages = 2;
        settings.MaxPoolSize = connections;
        settings.CommandTimeout = 15;
        settings.Options = "-c enable_seqscan=off -c jit=off";
        return NpgsqlDataSource.Create(settings);
    }

    private static ReadingDatabase ReadingDataSource(IConfiguration configuration)
    {
        var settings = Settings(configuration);
        settings.MaxPoolSize = 4;
        settings.Options = "-c statement_timeout=5s -c jit=off";
        return new(NpgsqlDataSource.Create(settings));
    }

    private static NpgsqlConnectionStringBuilder Settings(IConfiguration configuration) => new(
        configuration.GetConnectionString("predictions")
        ?? throw new InvalidOperationException("ConnectionStrings:predictions is not set: where is Postgres?"))
    {
        // Whoever looks at pg_stat_activity sees which process a connection belongs to.
        ApplicationName = $"{AppDomain.CurrentDomain.FriendlyName}/{Environment.ProcessId}",
        Timeout = 5,
        // No statement of ours leaves anything behind in its session.
        NoResetOnClose = true,
    };
}
