using ImagePrediction.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace ImagePrediction.Api.Background;

/// <summary>Brings the schema up to date at start. Many instances may start at once: one does it, the others wait for its lock.</summary>
internal sealed class Migrator(IServiceScopeFactory scopes, NpgsqlDataSource database, ILogger<Migrator> logger) : BackgroundService
{
    private const long Lock = 0x496D6167655072; // "ImagePr"
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once the schema is there.</summary>
    public Task Done => _done.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_done.Task.IsCompleted)
        {
            try
            {
                await MigrateAsync(stoppingToken);
                _done.SetResult();
                logger.SchemaReady();
            }
            catch (Exception notYet) when (!stoppingToken.IsCancellationRequested)
            {
                logger.SchemaNotReady(notYet, Pause);
                await Task.Delay(Pause, stoppingToken);
            }
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var acquire = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { CommandTimeout = 0 };
        acquire.Parameters.Add(new() { Value = Lock });
        await acquire.ExecuteNonQueryAsync(cancellationToken);

        try
        {
            await MigrateUnderLockAsync(cancellationToken);
        }
        finally
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection);
            release.Parameters.Add(new() { Value = Lock });
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task MigrateUnderLockAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
        // EF would ask for the history first, and both logs would greet a new user with an error.
        await context.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }
}
