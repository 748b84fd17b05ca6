namespace ImagePrediction.Api.Background;

/// <summary>Registers what the API does besides answering requests.</summary>
internal static class BackgroundServices
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    public static void AddBackgroundWork(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration("Retention").ValidateDataAnnotations().ValidateOnStart();
        // An upload or a stream may go on for minutes: what has not ended by then is cut off, and its client tries again.
        builder.Services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.ServicesStopConcurrently) = (Grace, true));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Migrator>());
        builder.Services.AddHostedService<Recoverer>();
        builder.Services.AddHostedService<Housekeeper>();
        builder.Services.AddSingleton<QueueSnapshot>();
        builder.Services.AddHostedService(services => services.GetRequiredService<QueueSnapshot>());
    }
}
