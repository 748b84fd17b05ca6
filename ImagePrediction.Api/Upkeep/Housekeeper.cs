using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Images;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Upkeep;

/// <summary>
/// Removes expired data: old final predictions, images without a row, abandoned uploads, finished webhook
/// deliveries, idempotency keys.
/// </summary>
internal sealed class Housekeeper(
    Migrator migrator, ClientFlow flow, IServiceScopeFactory scopes, ImageStore images, ImageStoreMark mark,
    IOptions<RetentionOptions> options, TimeProvider time, ILogger<Housekeeper> logger) : BackgroundService
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan KeyAge = TimeSpan.FromDays(1);
    private const int BatchSize = 500;
    private const int ImagesAtOnce = 50; // at most this many rows are deleted before their images, if the process ends in between

    private readonly HashSet<string> _swept = new(StringComparer.Ordinal);
    private DateTime _sweptSince;

    /// <summary>Why images without a row are not removed, for <c>/health</c>; null while they are.</summary>
    public string? ReasonNotToSweep { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Done.WaitAsync(stoppingToken);
        Refuse(await migrator.StoreFault.WaitAsync(stoppingToken));
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        // Not at once, so that an operator who started it with the wrong database or folder has time to notice.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RemoveOldAsync(stoppingToken);
                await RemoveLeftoversAsync(stoppingToken);
                images.DeleteAbandonedUploads(time.GetUtcNow() - OrphanAge);
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!exception.IsStop(stoppingToken))
            {
                _swept.Clear(); // an image that could not be removed no longer has a row, so its day is swept again
                logger.HousekeepingCutShort(exception, options.Value.Interval);
            }
        }
    }

    private async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        int removed = 0, count;
        do
        {
            await images.ThrowIfAwayAsync(cancellationToken); // or the images would outlive their rows
            var ids = await flow.DeleteFinalAsync(options.Value.MaxAge, ImagesAtOnce, cancellationToken);
            foreach (var id in ids)
                await images.DeleteAsync(id);
            removed += count = ids.Count;
        }
        while (count == ImagesAtOnce);
        if (removed > 0)
            logger.RetentionRemoved(removed, options.Value.MaxAge);
    }

    private async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
        // There will be no further attempts: these are finished, or the next attempt has been overdue for a day.
        var deliveries = await RemoveAsync(age => database.WebhookDeliveries
            .Where(d => d.CreatedAt < DateTime.UtcNow - age && (d.NextAt == null || d.NextAt < DateTime.UtcNow - TimeSpan.FromDays(1)))
            .OrderBy(d => d.CreatedAt), options.Value.MaxAge, cancellationToken);
        var keys = await RemoveAsync(age => database.IdempotencyKeys.Where(k => k.CreatedAt < DateTime.UtcNow - age).OrderBy(k => k.CreatedAt),
            KeyAge, cancellationToken);
        if (deliveries + keys > 0)
            logger.LeftoversRemoved(deliveries, keys);
    }

    private static async Task<int> RemoveAsync<T>(Func<TimeSpan, IQueryable<T>> olderThan, TimeSpan age, CancellationToken cancellationToken)
    {
        int removed = 0, count;
        do
            removed += count = await olderThan(age).Take(BatchSize).ExecuteDeleteAsync(cancellationToken);
        while (count == BatchSize);
        return removed;
    }

    /// <summary>Removes images without a row, day by day; skips a day with so many that something else must be wrong.</summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (await mark.FindFaultAsync(cancellationToken) is { } fault)
        {
            Refuse(fault);
            return;
        }
        var (removed, refusal) = (0, (string?)null);
        var now = time.GetUtcNow();
        if (now.Date != _sweptSince)
        {
            _swept.Clear(); // an image may have outlived its row meanwhile: deleting it failed, or its process ended in between
            _sweptSince = now.Date;
        }
        foreach (var day in await images.DaysBefore(now - OrphanAge).Where(day => !_swept.Contains(day)).ToListAsync(cancellationToken))
        {
            var (orphans, all) = await FindOrphansAsync(day, cancellationToken);
            if (orphans.Count > options.Value.MaxOrphans && orphans.Count > all * options.Value.MaxOrphanShare)
            {
                refusal = $"{orphans.Count} of {all} images of {day} have no row, which looks like a wrong or damaged database. None was removed. "
                    + "If it is right, raise Retention:MaxOrphans.";
                continue;
            }
            foreach (var orphan in orphans)
                await images.DeleteAsync(orphan);
            removed += orphans.Count;
            _swept.Add(day); // nothing is added to a day that is over: looking again tomorrow is enough
        }
        Refuse(refusal);
        if (removed > 0)
            logger.OrphansRemoved(removed);
    }

    private async Task<(List<Guid> Orphans, int All)> FindOrphansAsync(string day, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
        List<Guid> orphans = [];
        var all = 0;
        await foreach (var ids in images.List(day).Chunk(BatchSize).WithCancellation(cancellationToken))
        {
            all += ids.Length;
            var known = await database.Predictions.Where(p => ids.Contains(p.Id)).Select(p => p.Id).ToListAsync(cancellationToken);
            orphans.AddRange(ids.Except(known));
        }
        return (orphans, all);
    }

    private void Refuse(string? reason)
    {
        if (reason is not null && reason != ReasonNotToSweep)
            logger.NothingSwept(reason);
        ReasonNotToSweep = reason;
    }
}
