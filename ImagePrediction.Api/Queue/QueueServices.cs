namespace ImagePrediction.Api.Queue;

/// <summary>Registers the snapshot of the queue and its limits.</summary>
internal static class QueueServices
{
    public static void AddQueue(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<QueueOptions>().BindConfiguration("Queue").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<QueueSnapshot>();
        builder.Services.AddHostedService(services => services.GetRequiredService<QueueSnapshot>());
    }
}
