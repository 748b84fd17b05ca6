using ImagePrediction.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace ImagePrediction.Api.Upkeep;

/// <summary>Migrates the schema at startup. Many instances may start at once: one migrates, the others wait for EF's lock.</summary>
internal sealed class Migrator(IServiceScopeFactory scopes, ImageStoreMark mark, ILogger<Migrator> logger) : BackgroundService
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _store = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once the schema is up to date.</summary>
    public Task Done => _done.Task;

    /// <summary>What was wrong between database and image store when both were first available; null if nothing was.</summary>
    public Task<string?> StoreFault => _store.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TryAsync(MigrateAsync, logger.SchemaNotReady, stoppingToken))
            await Task.Delay(Pause, stoppingToken);
        _done.SetResult();
        logger.SchemaReady();
        // On the first start, this pairs database and image store.
        while (!await TryAsync(async cancellation => _store.TrySetResult(await mark.FindFaultAsync(cancellation)), logger.StoreNotMarked, stoppingToken))
            await Task.Delay(Pause, stoppingToken);
    }

    private static async Task<bool> TryAsync(Func<CancellationToken, Task> act, Action<Exception, TimeSpan> failed, CancellationToken stoppingToken)
    {
        try
        {
            await act(stoppingToken);
            return true;
        }
        catch (Exception notYet) when (!notYet.IsStop(stoppingToken))
        {
            failed(notYet, Pause);
            return false;
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
        context.Database.SetCommandTimeout(LongestStep);
        // Otherwise EF would query the missing history table first, and a new user would see an error in both logs.
        await context.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }
}
