using System.Diagnostics.Metrics;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Upkeep;

/// <summary>
/// Every two seconds, on one API instance: requeues predictions whose worker was lost, and restores lost hints. Every
/// step is safe to repeat.
/// </summary>
internal sealed class Recoverer(
    Migrator migrator, RescueFlow flow, TimeProvider time, IMeterFactory meters, ILogger<Recoverer> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // A little less than the interval, so that a timer that fires early does not skip its turn.
    private static readonly TimeSpan ShortestGap = TimeSpan.FromSeconds(1.9);

    private readonly Counter<long> _losses = meters.Create("ImagePrediction.Api")
        .CreateCounter<long>("imageprediction.lease.losses", "{prediction}", "Leases that ran out");

    // The workers count all other outcomes.
    private readonly Counter<long> _outcomes = meters.Create("ImagePrediction.Api")
        .CreateCounter<long>("imageprediction.outcomes", "{prediction}", "Final predictions by error code");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await flow.TryBeginPassAsync(ShortestGap, stoppingToken) is not { } pass)
                    continue;
                if (pass.MayJudge)
                    await RescueExpiredAsync(stoppingToken);
                await RestoreHintsAsync(suspects: true, pass.At, stoppingToken);
                await RestoreHintsAsync(suspects: false, pass.At, stoppingToken);
            }
            catch (Exception exception) when (!exception.IsStop(stoppingToken))
            {
                logger.RecoveryCutShort(exception);
            }
        }
    }

    private async Task RescueExpiredAsync(CancellationToken cancellationToken)
    {
        var (suspects, failed) = await flow.RescueExpiredAsync(cancellationToken);
        if (suspects + failed == 0)
            return;
        logger.LeasesExpired(suspects, failed);
        _losses.Add(suspects + failed);
        if (failed > 0)
            _outcomes.Add(failed, new KeyValuePair<string, object?>("error.type", ErrorCodes.WorkerLost));
    }

    private async Task RestoreHintsAsync(bool suspects, DateTime now, CancellationToken cancellationToken)
    {
        if (await flow.HintAgainAsync(suspects, now, cancellationToken) is > 0 and var restored)
            logger.HintsRestored(restored, suspects ? "suspects" : "tasks");
    }
}
