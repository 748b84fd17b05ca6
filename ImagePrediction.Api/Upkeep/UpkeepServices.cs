namespace ImagePrediction.Api.Upkeep;

/// <summary>Registers the API's background services, and sets how it shuts down.</summary>
internal static class UpkeepServices
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    public static void AddUpkeep(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration("Retention").ValidateDataAnnotations().ValidateOnStart();
        // Uploads and streams may take minutes: those that have not ended by then are cut off, and their clients retry.
        builder.Services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.ServicesStopConcurrently) = (Grace, true));
        builder.Services.AddSingleton<ImageStoreMark>();
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Migrator>());
        builder.Services.AddHostedService<Recoverer>();
        builder.Services.AddSingleton<Housekeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Housekeeper>());
    }
}
