using ImagePrediction.Images;
using ImagePrediction.Store;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Background;

/// <summary>
/// Removes what has had its time: old final predictions, images without a row, uploads that nobody finished, finished
/// deliveries of webhooks, idempotency keys.
/// </summary>
internal sealed class Housekeeper(
    Migrator migrator, PredictionStore store, RetentionStore leftovers, ImageStore images, IOptions<RetentionOptions> options,
    TimeProvider time, ILogger<Housekeeper> logger) : BackgroundService
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan KeyAge = TimeSpan.FromDays(1);
    private const int BatchSize = 500;

    private readonly HashSet<string> _swept = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        // Not at once: an operator who started it with the wrong database or folder has time to see that.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RemoveOldAsync(stoppingToken);
                await RemoveLeftoversAsync(stoppingToken);
                await RemoveOrphansAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                _swept.Clear(); // an image that could not be removed has no row any more: it is looked for again
                logger.HousekeepingCutShort(exception, options.Value.Interval);
            }
        }
    }

    private async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.MaxAge;
        int removed = 0, count;
        do
        {
            var ids = await store.DeleteFinalAsync(before, BatchSize, cancellationToken);
            foreach (var id in ids)
                await images.DeleteAsync(id);
            removed += count = ids.Count;
        }
        while (count == BatchSize);
        if (removed > 0)
            logger.RetentionRemoved(removed, options.Value.MaxAge);
    }

    private async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        int deliveries = 0, keys = 0, count;
        do
            deliveries += count = await leftovers.DeleteDeliveriesAsync(options.Value.MaxAge, BatchSize, cancellationToken);
        while (count == BatchSize);
        do
            keys += count = await leftovers.DeleteKeysAsync(KeyAge, BatchSize, cancellationToken);
        while (count == BatchSize);
        if (deliveries + keys > 0)
            logger.LeftoversRemoved(deliveries, keys);
    }

    private async Task RemoveOrphansAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - OrphanAge;
        images.DeleteAbandonedUploads(before);
        var removed = 0;
        foreach (var day in await images.DaysBefore(before).Where(day => !_swept.Contains(day)).ToListAsync(cancellationToken))
        {
            await foreach (var ids in images.List(day).Chunk(BatchSize).WithCancellation(cancellationToken))
                foreach (var orphan in await store.FindMissingAsync(ids, cancellationToken))
                {
                    await images.DeleteAsync(orphan);
                    removed++;
                }
            _swept.Add(day); // nothing is added to a day that is over
        }
        if (removed > 0)
            logger.OrphansRemoved(removed);
    }
}
