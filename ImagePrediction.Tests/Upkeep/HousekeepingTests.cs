using System.Globalization;
using System.Net;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Upkeep;

/// <summary>What is removed by itself, what is not, and what keeps the broom away from images that may be needed.</summary>
public sealed class HousekeepingTests(HousekeptTopology kept) : IClassFixture<HousekeptTopology>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OldFinalPredictionsGoWithTheirImagesAndOpenAndRecentOnesStay()
    {
        var topology = await kept.GetAsync();
        var recent = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(recent);
        var made = DateTimeOffset.UtcNow.AddHours(-3);
        var open = await InsertAsync(topology, made, "processing");
        var justFinal = await InsertAsync(topology, made, "succeeded", final: DateTimeOffset.UtcNow); // however long it had waited
        var old = await InsertAsync(topology, made, "succeeded", final: made.AddHours(1));

        await Eventually.GetAsync(() => topology.CountAsync("id = $1", old), count => count == 0);
        await Eventually.GetAsync(() => Task.FromResult(topology.HasImage(old)), has => !has);
        Assert.True(topology.HasImage(open));
        Assert.Equal(3, await topology.CountAsync("id IN ($1, $2, $3)", open, justFinal, recent));
    }

    [Fact]
    public async Task AnImageWithoutARowIsSweptOnceItsDayIsOver()
    {
        var topology = await kept.GetAsync();
        var day = DateTimeOffset.UtcNow.AddDays(-3);
        var (orphan, known) = (Guid.CreateVersion7(day), await InsertAsync(topology, day, "processing", withImage: false));
        StoreTogether(topology, day, orphan, known);

        await Eventually.GetAsync(() => Task.FromResult(topology.HasImage(orphan)), has => !has);
        Assert.True(topology.HasImage(known));
    }

    [Fact]
    public async Task WhereMoreImagesHaveNoRowThanADeadProcessLeavesNoneIsSweptAndHealthSaysWhy()
    {
        var topology = await kept.GetAsync();
        var day = DateTimeOffset.UtcNow.AddDays(-4);
        var orphans = Enumerable.Range(0, HousekeptTopology.MaxOrphans + 1).Select(_ => Guid.CreateVersion7(day)).ToArray();
        StoreTogether(topology, day, orphans);

        await SweepSaysAsync(topology, $"{orphans.Length} of {orphans.Length} images");
        Assert.All(orphans, orphan => Assert.True(topology.HasImage(orphan)));

        // With one less, they are so few that they may go.
        File.Delete(topology.ImageOf(orphans[0]));
        await Eventually.GetAsync(() => Task.FromResult(orphans.Any(topology.HasImage)), any => !any);
        await SweepSaysAsync(topology, null);
    }

    [Fact]
    public async Task AStoreThatBelongsToAnotherDatabaseIsNotSwept()
    {
        var topology = await kept.GetAsync();
        var mark = Assert.Single(Directory.GetFiles(topology.Images, "store-*"));
        var other = Path.Combine(topology.Images, $"store-{Guid.NewGuid()}");
        File.Move(mark, other);
        await SweepSaysAsync(topology, "belongs to another database");
        var day = DateTimeOffset.UtcNow.AddDays(-5);
        var orphan = Guid.CreateVersion7(day);
        StoreTogether(topology, day, orphan);
        await PassesAsync(topology);
        Assert.True(topology.HasImage(orphan));

        File.Move(other, mark);
        await Eventually.GetAsync(() => Task.FromResult(topology.HasImage(orphan)), has => !has);
    }

    [Fact]
    public async Task AnEmptyFolderInPlaceOfTheStoreIsAStoreThatIsAway()
    {
        var topology = await kept.GetAsync();
        var elsewhere = $"{topology.Images}.elsewhere";
        Directory.Move(topology.Images, elsewhere);
        Directory.CreateDirectory(topology.Images); // what is there when a mount is not
        try
        {
            using var refused = await topology.PostAsync(Photos.Jpeg(64, 48));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("/problems/image-store-away", (await Topology.ReadAsync(refused)).GetProperty("type").GetString());
            Assert.Empty(Directory.GetFileSystemEntries(topology.Images));
        }
        finally
        {
            Directory.Delete(topology.Images, recursive: true);
            Directory.Move(elsewhere, topology.Images);
        }
        await topology.AcceptAsync(Photos.Jpeg(64, 48));
    }

    private static async Task<Guid> InsertAsync(Topology topology, DateTimeOffset made, string status, bool withImage = true, DateTimeOffset? final = null)
    {
        var id = Guid.CreateVersion7(made);
        if (withImage)
        {
            Directory.CreateDirectory(DayOf(topology.Images, made));
            await File.WriteAllBytesAsync(Path.Combine(DayOf(topology.Images, made), id.ToString()), [1], Cancellation);
        }
        await topology.ScalarAsync<Guid>("""
            INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, lease_until, image_bytes,
                image_type, image_width, image_height, owner, version, created_at, completed_at)
            VALUES ($1, $2, 1, 0, 0, now(), now(), CASE $2 WHEN 'processing' THEN now() + interval '1 h' END, 1, 'image/jpeg', 1, 1, '', 2, $3, $4)
            RETURNING id
            """, id, status, made.UtcDateTime, final is { } at ? at.UtcDateTime : DBNull.Value);
        return id;
    }

    /// <summary>Stores images of a day so that whoever lists the day finds all or none: a day is looked at once.</summary>
    private static void StoreTogether(Topology topology, DateTimeOffset day, params Guid[] ids)
    {
        var aside = Directory.CreateDirectory(Path.Combine(topology.Data, "aside", Path.GetRandomFileName())).FullName;
        foreach (var id in ids)
            File.WriteAllBytes(Path.Combine(aside, id.ToString()), [1]);
        var folder = DayOf(topology.Images, day);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.Move(aside, folder);
    }

    private static string DayOf(string images, DateTimeOffset time) =>
        Path.Combine(images, time.UtcDateTime.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture));

    private static async Task SweepSaysAsync(Topology topology, string? reason) => await Eventually.GetAsync(async () =>
    {
        using var health = await topology.Api.GetAsync("/health", Cancellation);
        return (await Topology.ReadAsync(health)).GetProperty("checks").GetProperty("sweep");
    }, sweep => reason is null ? sweep.GetProperty("status").GetString() == "Healthy"
        : sweep.GetProperty("description") is { ValueKind: JsonValueKind.String } said && said.GetString()!.Contains(reason, StringComparison.Ordinal));

    /// <summary>Waits until the housekeeping was done once more, by what it does last but one.</summary>
    private static async Task PassesAsync(Topology topology)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            var abandoned = Path.Combine(topology.Images, "incoming", Path.GetRandomFileName());
            await File.WriteAllBytesAsync(abandoned, [1], Cancellation);
            File.SetLastWriteTimeUtc(abandoned, DateTime.UtcNow.AddDays(-2));
            await Eventually.GetAsync(() => Task.FromResult(File.Exists(abandoned)), exists => !exists);
        }
    }
}

/// <summary>An application whose housekeeping runs all the time.</summary>
public sealed class HousekeptTopology : IAsyncDisposable
{
    public const int MaxOrphans = 3;

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync(
        ("api", "Retention__MaxAge", "01:00:00"), ("api", "Retention__Interval", "00:00:01"), ("api", "Retention__MaxOrphans", $"{MaxOrphans}")));

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }
}
