using ImagePrediction.Database;
using ImagePrediction.Images;
using Microsoft.EntityFrameworkCore;

namespace ImagePrediction.Api.Upkeep;

/// <summary>
/// Checks that image store and database belong together: both hold the same id. With the wrong database, every image of a
/// store would look like an orphan and be swept.
/// </summary>
internal sealed class ImageStoreMark(ImageStore images, IServiceScopeFactory scopes)
{
    /// <summary>What is wrong and what to do, in a sentence; null if nothing is. Pairs a new database with an unmarked or empty store.</summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The database is unavailable.</exception>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
        var known = (await database.ImageStores.AsNoTracking().SingleOrDefaultAsync(cancellationToken))?.Mark;
        var mark = await images.FindMarkAsync(cancellationToken);
        if (known is null && (mark is null || !await images.DaysBefore(DateTimeOffset.MaxValue).AnyAsync(cancellationToken)))
            known = mark = await IntroduceAsync(database, mark ?? Guid.NewGuid(), cancellationToken);
        if (mark == known)
            return null;
        return mark is null ? "The image store has no mark: it is not mounted, or empty. Nothing is accepted until it is back."
            : $"The image store belongs to another database (its mark is store-{mark}, this database knows {known?.ToString() ?? "none"}). Nothing is "
                + "swept. If they are to belong together all the same, docs/operations.md says how (\"Nothing is swept\").";
    }

    // The row decides between instances that start at the same time; it is committed only once the mark exists.
    private async Task<Guid> IntroduceAsync(PredictionsContext database, Guid mark, CancellationToken cancellationToken)
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        if (await database.Database.ExecuteSqlAsync($"INSERT INTO image_stores (id, mark) VALUES (1, {mark}) ON CONFLICT DO NOTHING", cancellationToken) == 1)
            await images.MarkAsync(mark, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await database.ImageStores.AsNoTracking().SingleAsync(cancellationToken)).Mark;
    }
}
