namespace ImagePrediction.Api.Upkeep;

/// <summary>Registers what the API does besides answering requests, and how it stops.</summary>
internal static class UpkeepServices
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    public static void AddUpkeep(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration("Retention").ValidateDataAnnotations().ValidateOnStart();
        // An upload or a stream may go on for minutes: what has not ended by then is cut off, and its client tries again.
        builder.Services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.ServicesStopConcurrently) = (Grace, true));
        builder.Services.AddSingleton<ImageStoreMark>();
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Migrator>());
        builder.Services.AddHostedService<Recoverer>();
        builder.Services.AddSingleton<Housekeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Housekeeper>());
    }
}
