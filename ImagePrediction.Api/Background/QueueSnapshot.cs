using System.Diagnostics.Metrics;
using ImagePrediction.Store;

namespace ImagePrediction.Api.Background;

/// <summary>
/// How much waits, and since when: looked up once a second an instance, however many ask. Also the gauges
/// <c>imageprediction.queue.depth</c> and <c>imageprediction.queue.oldest_age</c>.
/// </summary>
internal sealed class QueueSnapshot : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Migrator _migrator;
    private readonly PredictionStore _store;
    private readonly TimeProvider _time;
    private QueueState _state = new(0, TimeSpan.Zero);

    public QueueSnapshot(Migrator migrator, PredictionStore store, TimeProvider time, IMeterFactory meters)
    {
        (_migrator, _store, _time) = (migrator, store, time);
        var meter = meters.Create("ImagePrediction.Api");
        meter.CreateObservableGauge("imageprediction.queue.depth", () => _state.Depth, "{prediction}", "Predictions that wait for a worker");
        meter.CreateObservableGauge("imageprediction.queue.oldest_age", () => _state.OldestAge.TotalSeconds, "s", "How long the oldest of them has waited");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                _state = await _store.LookAtQueueAsync(stoppingToken);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The last state stands until the database is back; its absence shows in /health.
            }
        }
    }
}
