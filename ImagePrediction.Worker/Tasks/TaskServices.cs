using ImagePrediction.Flow;

namespace ImagePrediction.Worker.Tasks;

/// <summary>Registers the task flow.</summary>
internal static class TaskServices
{
    public static void AddTasks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<WorkerOptions>().BindConfiguration("Worker").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<WorkerFlow>();
        builder.Services.AddSingleton<WorkerPresence>();
        builder.Services.AddSingleton<TasksInHand>();
        builder.Services.AddSingleton<Outcomes>();
        builder.Services.AddSingleton<FaultInjection>();
        builder.Services.AddSingleton<WorkerMetrics>();
        builder.Services.AddSingleton<Pipeline>();

        // Stopped in reverse order: first no more work is taken, then tasks in progress end, then lease renewal stops.
        builder.Services.AddHostedService<Presence>();
        builder.Services.AddHostedService<LeaseKeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Outcomes>());
        builder.Services.AddHostedService(services => services.GetRequiredService<Pipeline>());
        builder.Services.AddHostedService<Consumer>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(15));
    }
}
