using ImagePrediction.Images;
using ImagePrediction.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ImagePrediction.Api.Background;

/// <summary>Removes what has had its time: old final predictions, images without a row, uploads that nobody finished.</summary>
internal sealed class Housekeeper(
    Migrator migrator, PredictionStore store, ImageFolder images, IOptions<RetentionOptions> options, TimeProvider time,
    ILogger<Housekeeper> logger) : BackgroundService
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromDays(1);
    private const int BatchSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                await RemoveOldAsync(stoppingToken);
                await RemoveOrphansAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or UnauthorizedAccessException)
            {
                logger.HousekeepingCutShort(exception, options.Value.Interval);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.MaxAge;
        int removed = 0, count;
        do
        {
            var ids = await store.DeleteFinalAsync(before, BatchSize, cancellationToken);
            foreach (var id in ids)
                images.Delete(id);
            removed += count = ids.Count;
        }
        while (count == BatchSize);
        if (removed > 0)
            logger.RetentionRemoved(removed, options.Value.MaxAge);
    }

    private async Task RemoveOrphansAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - OrphanAge;
        images.DeleteAbandonedUploads(before);
        var removed = 0;
        foreach (var ids in images.ListBefore(before).Chunk(BatchSize))
        {
            var rows = await store.FindAsync(ids);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var orphan in ids.Where((_, i) => rows[i] is null))
            {
                images.Delete(orphan);
                removed++;
            }
        }
        if (removed > 0)
            logger.OrphansRemoved(removed);
    }
}
