using System.Diagnostics;
using System.Text.Json;
using ImagePrediction.Api.Queue;
using ImagePrediction.Api.Read;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Flow;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Submit;

/// <summary>
/// Runs the code of an upload once before the API reports healthy, without creating a prediction. Otherwise the first client would wait
/// for that code to be compiled and for connections to be opened.
/// </summary>
internal sealed class WarmUp(
    Migrator migrator, Submission submission, ClientFlow flow, QueueSnapshot queue, IOptions<JsonOptions> json, IWebHostEnvironment environment) : BackgroundService, IHealthCheck
{
    private string _outcome = "";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ExecuteTask?.IsCompleted == true ? HealthCheckResult.Healthy(_outcome) : HealthCheckResult.Unhealthy("The API is starting."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        await migrator.StoreFault.WaitAsync(stoppingToken); // from then on there is a store to write to
        try
        {
            var began = Stopwatch.GetTimestamp();
            await submission.ReceiveNothingAsync(environment.WebRootFileProvider.GetFileInfo("samples/small/dog.jpg"), stoppingToken);
            await flow.AcceptNothingAsync();
            var example = new NewPrediction(Guid.Empty, 0, "image/jpeg", 1, 1, null);
            JsonSerializer.SerializeToUtf8Bytes(PredictionResponse.From(example, DateTime.UtcNow, queue.InfoOfLast(), ""), json.Value.SerializerOptions);
            _outcome = $"Ready for uploads after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms.";
        }
        catch (Exception notNow) when (!notNow.IsStop(stoppingToken))
        {
            _outcome = $"Skipped: {notNow.Message}"; // the other health checks report what is unavailable
        }
    }
}
