namespace ImagePrediction.Api.Background;

/// <summary>Registers what the API does besides answering requests.</summary>
internal static class BackgroundServices
{
    public static void AddBackgroundWork(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration("Retention").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Migrator>());
        builder.Services.AddHostedService<Recoverer>();
        builder.Services.AddHostedService<Housekeeper>();
        builder.Services.AddSingleton<QueueSnapshot>();
        builder.Services.AddHostedService(services => services.GetRequiredService<QueueSnapshot>());
    }
}
