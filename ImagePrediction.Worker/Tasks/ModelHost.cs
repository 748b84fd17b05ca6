using ImagePrediction.Worker.Yolo;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// Loads, checks and warms up the model; the worker is healthy, and takes work, only once that is done. The model is
/// kept until the process ends: a lane may still be using it.
/// </summary>
internal sealed class ModelHost(DetectorOptions options, IHostApplicationLifetime lifetime, ILogger<ModelHost> logger)
    : BackgroundService, IHealthCheck
{
    /// <summary>EX_CONFIG of sysexits.h: restarting cannot help; the last line on stderr says why.</summary>
    private const int CannotRun = 78;

    private readonly TaskCompletionSource<Detector> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The warmed-up detector; canceled if the model cannot be used.</summary>
    public Task<Detector> Ready => _ready.Task;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Ready.IsCompletedSuccessfully ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The model is not ready."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // loading takes a while, and the host is still starting
        try
        {
            var detector = Detector.Load(options);
            detector.WarmUp();
            logger.ModelReady(detector.Model.Name, detector.Model.Version, detector.Model.Threshold, detector.Lanes);
            _ready.SetResult(detector);
        }
        catch (Exception exception)
        {
            logger.ModelUnusable(exception);
            Environment.ExitCode = exception is ModelException ? CannotRun : 1;
            if (exception is ModelException)
                await Console.Error.WriteLineAsync(exception.Message);
            lifetime.ApplicationStarted.Register(() => // the host takes a stop during its start for a failure
            {
                lifetime.StopApplication();
                _ready.SetCanceled(CancellationToken.None); // only now: what waits for it would otherwise count as crashed
            });
        }
    }
}

/// <summary>Registers the model.</summary>
internal static class ModelServices
{
    public static void AddModel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(DetectorOptions.From(builder.Configuration));
        builder.Services.AddSingleton<ModelHost>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ModelHost>());
        builder.Services.AddHealthChecks().AddCheck<ModelHost>("model");
    }
}
