using Aspire.Hosting.Testing;
using ImagePrediction.Store;
using ImagePrediction.Tests.Support;
using Npgsql;

namespace ImagePrediction.Tests.Core;

/// <summary>The rules of a recovery pass, against a table of their own in the running Postgres.</summary>
[Collection(SharedTopology.Collection)]
public sealed class RecoveryTests(SharedTopology shared) : IAsyncLifetime
{
    private readonly string _schema = $"recovery_{Guid.NewGuid():N}";
    private NpgsqlDataSource _database = null!;
    private RecoveryStore _recovery = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var topology = await shared.GetAsync();
        var connection = new NpgsqlConnectionStringBuilder(await topology.App.GetConnectionStringAsync("predictions", Cancellation)) { SearchPath = _schema };
        _database = NpgsqlDataSource.Create(connection);
        _recovery = new(_database);
        await ExecuteAsync($"""
            CREATE SCHEMA {_schema};
            CREATE TABLE predictions (LIKE public.predictions INCLUDING ALL);
            CREATE TABLE recovery_passes AS SELECT * FROM public.recovery_passes;
            """);
    }

    [Fact]
    public async Task OfTwoInstancesOneMakesThePass()
    {
        await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '3 s'");
        var passes = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => _recovery.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation)));
        Assert.Single(passes, pass => pass is not null);
    }

    [Fact]
    public async Task AfterAGapBetweenPassesNoLeaseIsJudged()
    {
        // Leases are judged after ordinary passes, once Postgres has been up for a while …
        await Eventually.GetAsync(async () =>
        {
            await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '3 s', judge_from = '-infinity'");
            return await _recovery.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation);
        }, mayJudge => mayJudge == true);
        // … and not after one that came late.
        await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '6 s'");
        Assert.False(await _recovery.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation));
    }

    [Fact]
    public async Task ALeaseThatRanOutCountsALossAndTheFourthFailsThePrediction()
    {
        var (held, lost, last) = (await InsertAsync("processing", lease: 5), await InsertAsync("processing", lease: -1),
            await InsertAsync("processing", lease: -1, losses: 3));

        var (suspects, failed) = await _recovery.TakeExpiredAsync(Cancellation);

        Assert.Equal([lost], suspects.Select(hint => hint.Id));
        Assert.Equal([last], failed);
        Assert.Equal("processing 0", await StateAsync(held));
        Assert.Equal("queued 1", await StateAsync(lost));
        Assert.Equal("failed 4", await StateAsync(last));
    }

    [Fact]
    public async Task OnlyRowsHintedWellBeforeTheHeadOfTheListHaveLostTheirHint()
    {
        var (old, recent, later) = (await InsertAsync("queued", hinted: -60), await InsertAsync("queued", hinted: -12),
            await InsertAsync("queued", hinted: -60, available: 30));

        var hints = await _recovery.HintAgainAsync(suspects: false, DateTime.UtcNow.AddSeconds(-10), 100, Cancellation);

        Assert.Equal([old], hints.Select(hint => hint.Id));
        Assert.Equal([recent], (await _recovery.HintAgainAsync(false, head: null, 100, Cancellation)).Select(hint => hint.Id));
        Assert.Empty(await _recovery.HintAgainAsync(false, head: null, 100, Cancellation));
        Assert.Equal("queued 0", await StateAsync(later));
    }

    [Fact]
    public async Task AZombiesLateResultChangesNothing()
    {
        var id = await InsertAsync("processing", lease: 5, attempt: 2);
        var tasks = new TaskStore(_database);
        var zombie = new ClaimedTask(id, Attempt: 1, null, TimeSpan.Zero, 0, 1);

        Assert.Empty(await tasks.FinishAsync([new() { Task = zombie, Began = 0, ErrorCode = "image_corrupt" }]));
        Assert.Empty(tasks.Renew([zombie]));
        Assert.Empty(await tasks.HandBackAsync([zombie], TimeSpan.Zero, Cancellation));
        Assert.Equal("processing 0", await StateAsync(id));
    }

    [Fact]
    public async Task SuspectsAreClaimedOnlyWhenAskedFor()
    {
        var (plain, suspect) = (await InsertAsync("queued"), await InsertAsync("queued", losses: 1));
        var tasks = new TaskStore(_database);

        Assert.Equal([plain], (await tasks.ClaimAsync([plain, suspect], suspects: false, "me", Cancellation)).Select(task => task.Id));
        Assert.Equal([suspect], (await tasks.ClaimAsync([plain, suspect], suspects: true, "me", Cancellation)).Select(task => task.Id));
    }

    [Fact]
    public async Task APredictionPutOffIsHintedAgainOnceItIsDue()
    {
        var id = await InsertAsync("processing", lease: 5, attempt: 1);
        var tasks = new TaskStore(_database);
        Assert.Empty(await tasks.HandBackAsync([new(id, 1, null, TimeSpan.Zero, 0, 1)], TimeSpan.FromMinutes(1), Cancellation));
        Assert.Empty(await _recovery.HintAgainAsync(false, null, 100, Cancellation));
        await ExecuteAsync("UPDATE predictions SET available_at = now()");
        Assert.Equal([id], (await _recovery.HintAgainAsync(false, null, 100, Cancellation)).Select(hint => hint.Id));
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
        await _database.DisposeAsync();
    }

    /// <summary>A row as a fault leaves it; times in seconds from now.</summary>
    private async Task<Guid> InsertAsync(
        string status, int losses = 0, int attempt = 0, double hinted = 0, double available = 0, double? lease = null)
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync("""
            INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, lease_until, image_bytes,
                image_type, image_width, image_height, owner, version, created_at)
            VALUES ($1, $2, $3, $4, 0, now() + $5 * interval '1 s', now() + $6 * interval '1 s', now() + $7 * interval '1 s',
                1, 'image/jpeg', 1, 1, '', 1, now())
            """, id, status, attempt, losses, available, hinted, (object?)lease ?? DBNull.Value);
        return id;
    }

    private async Task<string> StateAsync(Guid id)
    {
        await using var command = _database.CreateCommand("SELECT status || ' ' || losses FROM predictions WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter is DBNull
                ? new NpgsqlParameter { Value = parameter, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Double }
                : new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync();
    }
}
