using System.Diagnostics.Metrics;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using StackExchange.Redis;

namespace ImagePrediction.Api.Background;

/// <summary>
/// Every two seconds, on one API instance: puts back predictions whose worker was lost, and pushes again those whose
/// hint was. Everything it does is harmless when done twice.
/// </summary>
internal sealed class Recoverer(
    Migrator migrator, RecoveryStore store, TaskQueue queue, TimeProvider time, IMeterFactory meters, ILogger<Recoverer> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // A little less than the interval, so that a timer that fires early does not skip its turn.
    private static readonly TimeSpan ShortestGap = TimeSpan.FromSeconds(1.9);
    private const int PageSize = 1000;
    private const int MaxPages = 20;

    private readonly Counter<long> _losses = meters.Create("ImagePrediction.Api")
        .CreateCounter<long>("imageprediction.lease.losses", "{prediction}", "Leases that ran out");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await store.TryBeginPassAsync(ShortestGap, stoppingToken) is not { } mayJudge)
                    continue;
                if (mayJudge)
                    await TakeExpiredAsync(stoppingToken);
                await RestoreHintsAsync(RedisKeys.Suspects, suspects: true, stoppingToken);
                await RestoreHintsAsync(RedisKeys.Tasks, suspects: false, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.RecoveryCutShort(exception);
            }
        }
    }

    private async Task TakeExpiredAsync(CancellationToken cancellationToken)
    {
        var (suspects, failed) = await store.TakeExpiredAsync(cancellationToken);
        if (suspects.Count + failed.Count == 0)
            return;
        logger.LeasesExpired(suspects.Count, failed.Count);
        _losses.Add(suspects.Count + failed.Count);
        queue.Push(RedisKeys.Suspects, suspects);
        queue.PublishDone(failed);
    }

    private async Task RestoreHintsAsync(RedisKey list, bool suspects, CancellationToken cancellationToken)
    {
        var head = await queue.PeekAsync(list);
        var restored = 0;
        for (var page = 0; page < MaxPages; page++)
        {
            var hints = await store.HintAgainAsync(suspects, head?.HintedAt, PageSize, cancellationToken);
            queue.Push(list, hints);
            restored += hints.Count;
            if (hints.Count < PageSize)
                break;
        }
        if (restored > 0)
            logger.HintsRestored(restored, list.ToString());
    }
}
