using Aspire.Hosting.Testing;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Database;
using ImagePrediction.Images;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ImagePrediction.Tests.Upkeep;

/// <summary>How a database of an earlier version becomes one of this, in a database of the test's own in the running Postgres.</summary>
[Collection(SharedTopology.Collection)]
public sealed class MigrationTests(SharedTopology shared) : IAsyncLifetime
{
    private readonly string _name = $"migrations_{Guid.NewGuid():N}";
    private readonly string _images = Directory.CreateTempSubdirectory("migration-test-").FullName;
    private string _connection = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var topology = await shared.GetAsync();
        await using (var create = topology.Database.CreateCommand($"CREATE DATABASE {_name}"))
            await create.ExecuteNonQueryAsync(Cancellation);
        _connection = new NpgsqlConnectionStringBuilder(await topology.App.GetConnectionStringAsync("predictions", Cancellation)) { Database = _name, Pooling = false }.ConnectionString;
    }

    [Fact]
    public async Task ManyInstancesAtOnceBringADatabaseWithPredictionsUpToDateAndLoseNone()
    {
        var id = Guid.CreateVersion7();
        await using (var first = Instance())
        await using (var scope = first.CreateAsyncScope())
        {
            var database = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
            await database.GetService<IMigrator>().MigrateAsync("20261124035407_Initial", Cancellation);
            await database.Database.ExecuteSqlAsync($"""
                INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, image_bytes, image_type, image_width,
                    image_height, contains_dog, confidence, detections, owner, version, created_at, completed_at)
                VALUES ({id}, 'succeeded', 1, 0, 0, now(), now(), 5, 'image/jpeg', 4, 3, true, 0.75, '[]', '', 3, now(), now())
                """, Cancellation);
        }

        var instances = Enumerable.Range(0, 6).Select(_ => Instance()).ToList();
        var migrators = instances.ConvertAll(instance => instance.GetRequiredService<Migrator>());
        await Task.WhenAll(migrators.Select(migrator => migrator.StartAsync(Cancellation)));
        await Task.WhenAll(migrators.Select(migrator => migrator.ExecuteTask!)).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        await using (var scope = instances[0].CreateAsyncScope())
        {
            var database = scope.ServiceProvider.GetRequiredService<PredictionsContext>();
            Assert.Empty(await database.Database.GetPendingMigrationsAsync(Cancellation));
            Assert.False(database.Database.HasPendingModelChanges(), "The model has what no migration makes.");
            var kept = await database.Predictions.SingleAsync(Cancellation);
            Assert.Equal((id, PredictionStatus.Succeeded, true, 0.75, "[]", 3), (kept.Id, kept.Status, kept.ContainsDog, kept.Confidence, kept.Detections, kept.Version));
            // They agree on one image store.
            Assert.Equal(Path.GetFileName(Assert.Single(Directory.GetFiles(_images))), $"store-{(await database.ImageStores.SingleAsync(Cancellation)).Mark}");
        }
        foreach (var instance in instances)
            await instance.DisposeAsync();
    }

    [Fact]
    public async Task AnEmptyDatabaseTakesNoStoreForItsOwnThatHasAnothersImages()
    {
        await using var instance = Instance();
        var images = instance.GetRequiredService<ImageStore>();
        await images.MarkAsync(Guid.NewGuid(), Cancellation);
        await using (var incoming = images.Begin())
        {
            incoming.Append([1, 2, 3]);
            await incoming.KeepAsAsync(Guid.CreateVersion7());
        }
        var migrator = instance.GetRequiredService<Migrator>();
        await migrator.StartAsync(Cancellation);
        await migrator.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        var fault = await instance.GetRequiredService<ImageStoreMark>().FindFaultAsync(Cancellation);

        Assert.Contains("belongs to another database", fault, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_images, recursive: true);
        await using var drop = (await shared.GetAsync()).Database.CreateCommand($"DROP DATABASE {_name}");
        await drop.ExecuteNonQueryAsync();
    }

    /// <summary>What of an API instance migrates.</summary>
    private ServiceProvider Instance() => new ServiceCollection().AddLogging()
        .AddDbContext<PredictionsContext>(context => context.UseNpgsql(_connection))
        .AddSingleton<ImageStore>(new ImageFolder(Options.Create(new ImageOptions { Folder = _images })))
        .AddSingleton<ImageStoreMark>().AddSingleton<Migrator>().BuildServiceProvider();
}
