using Aspire.Hosting.Testing;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Support;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Tests.Core;

/// <summary>What becomes of predictions whose worker or hint is lost, with a table and lists of their own in the running Postgres and Redis.</summary>
[Collection(SharedTopology.Collection)]
public sealed class RecoveryTests(SharedTopology shared) : IAsyncLifetime
{
    private readonly string _schema = $"recovery_{Guid.NewGuid():N}";
    private NpgsqlDataSource _database = null!;
    private ConnectionMultiplexer _redis = null!;
    private TaskQueue _queue = null!;
    private RescueFlow _rescue = null!;
    private QueuePause _pause = null!;
    private WorkerFlow _worker = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var topology = await shared.GetAsync();
        var connection = new NpgsqlConnectionStringBuilder(await topology.App.GetConnectionStringAsync("predictions", Cancellation)) { SearchPath = _schema };
        _database = NpgsqlDataSource.Create(connection);
        var redis = ConfigurationOptions.Parse((await topology.App.GetConnectionStringAsync("redis", Cancellation))!);
        redis.DefaultDatabase = 1;
        redis.ConnectTimeout = redis.AsyncTimeout = 30_000;
        _redis = await ConnectionMultiplexer.ConnectAsync(redis);
        await _redis.GetDatabase().KeyDeleteAsync([RedisKeys.Tasks, RedisKeys.Suspects]);
        _queue = new(_redis);
        (_rescue, _pause) = (new(_database, _queue), new(_database));
        _worker = new(_database, _queue);
        await ExecuteAsync($"""
            CREATE SCHEMA {_schema};
            CREATE TABLE predictions (LIKE public.predictions INCLUDING ALL);
            CREATE TABLE queue_pause (LIKE public.queue_pause INCLUDING ALL);
            CREATE TABLE recovery_passes AS SELECT * FROM public.recovery_passes;
            """);
    }

    [Fact]
    public async Task OfTwoInstancesOneMakesThePass()
    {
        await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '2 h'");
        var passes = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => _rescue.TryBeginPassAsync(TimeSpan.FromHours(1), Cancellation)));
        Assert.Single(passes, pass => pass is not null);
    }

    [Fact]
    public async Task AfterAGapBetweenPassesNoLeaseIsJudged()
    {
        // Leases are judged after ordinary passes, once Postgres has been up for a while …
        await Eventually.GetAsync(async () =>
        {
            await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '3 s', judge_from = '-infinity'");
            return await _rescue.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation);
        }, pass => pass?.MayJudge == true);
        // … and not after one that came late.
        await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() - interval '6 s'");
        Assert.False((await _rescue.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation))?.MayJudge);
    }

    [Fact]
    public async Task APassIsMadeAfterTheClockWasSetBackAndJudgesNoLease()
    {
        await ExecuteAsync("UPDATE recovery_passes SET last_pass_at = now() + interval '1 h', judge_from = '-infinity'");
        Assert.False((await _rescue.TryBeginPassAsync(TimeSpan.FromSeconds(2), Cancellation))?.MayJudge);
        Assert.Null(await _rescue.TryBeginPassAsync(TimeSpan.FromMinutes(2), Cancellation));
    }

    [Fact]
    public async Task WhatWasQueuedPutOffOrLeasedBeforeTheClockWasSetBackDoesNotWaitUntilItHasCaughtUp()
    {
        var later = DateTime.UtcNow.AddHours(1);
        var (queued, putOff, held) = (await InsertAsync("queued", hinted: later, available: 3600),
            await InsertAsync("queued", hinted: DateTime.MinValue, available: 3630), await InsertAsync("processing", lease: 3610));
        await _redis.GetDatabase().ListRightPushAsync(RedisKeys.Tasks, new Hint(Guid.NewGuid(), later).ToRedisValue());

        Assert.Equal(2, await _rescue.HintAgainAsync(suspects: false, DateTime.UtcNow, Cancellation));

        Assert.Equal([putOff, queued], await HintedAsync(RedisKeys.Tasks));
        Assert.Equal((1, 0), await _rescue.RescueExpiredAsync(Cancellation));
        Assert.Equal("queued 1", await StateAsync(held));
        Assert.Equal(2, (await _worker.ClaimAsync([new(queued, default), new(putOff, default)], suspects: false, "me"))?.Count);
    }

    [Fact]
    public async Task ALeaseThatRanOutCountsALossAndTheFourthFailsThePrediction()
    {
        var (held, lost, last) = (await InsertAsync("processing", lease: 60), await InsertAsync("processing", lease: -1),
            await InsertAsync("processing", lease: -1, losses: 3));

        Assert.Equal((1, 1), await _rescue.RescueExpiredAsync(Cancellation));

        Assert.Equal([lost], await HintedAsync(RedisKeys.Suspects));
        Assert.Empty(await HintedAsync(RedisKeys.Tasks));
        Assert.Equal("processing 0", await StateAsync(held));
        Assert.Equal("queued 1", await StateAsync(lost));
        Assert.Equal("failed 4", await StateAsync(last));
    }

    [Fact]
    public async Task ATaskThatHangsCountsALossOnlyForTheClaimThatHangs()
    {
        var id = await InsertAsync("processing", lease: 60, attempt: 2);
        await _rescue.RescueHungAsync(Claim(id, attempt: 1), Cancellation);
        Assert.Equal("processing 0", await StateAsync(id));
        await _rescue.RescueHungAsync(Claim(id, attempt: 2), Cancellation);
        Assert.Equal("queued 1", await StateAsync(id));
        Assert.Equal([id], await HintedAsync(RedisKeys.Suspects));
    }

    [Fact]
    public async Task OnlyRowsHintedWellBeforeTheHeadOfTheListHaveLostTheirHint()
    {
        var now = DateTime.UtcNow;
        var head = new Hint(Guid.CreateVersion7(), now.AddSeconds(-20));
        await _redis.GetDatabase().ListRightPushAsync(RedisKeys.Tasks, head.ToRedisValue());
        var (old, recent, later) = (await InsertAsync("queued", hinted: head.HintedAt.AddSeconds(-6)),
            await InsertAsync("queued", hinted: head.HintedAt.AddSeconds(-4)), await InsertAsync("queued", hinted: head.HintedAt.AddSeconds(-6), available: 60));

        Assert.Equal(1, await _rescue.HintAgainAsync(suspects: false, now, Cancellation));
        Assert.Equal([head.Id, old], await HintedAsync(RedisKeys.Tasks));
        Assert.Equal(1, await _rescue.HintAgainAsync(suspects: false, now, Cancellation)); // the list is empty now
        Assert.Equal([recent], await HintedAsync(RedisKeys.Tasks));
        Assert.Equal(0, await _rescue.HintAgainAsync(suspects: false, now, Cancellation));
        Assert.Equal("queued 0", await StateAsync(later));
    }

    [Fact]
    public async Task AZombiesLateResultChangesNothing()
    {
        var id = await InsertAsync("processing", lease: 60, attempt: 2);
        var zombie = Claim(id, attempt: 1);

        Assert.Empty(await _worker.FinishAsync([new() { Task = zombie, Began = 0, ErrorCode = ErrorCodes.ImageCorrupt }]));
        Assert.Empty(_worker.Renew([zombie]));
        await _worker.HandBackAsync([zombie], TimeSpan.Zero, Cancellation);
        Assert.Empty(await HintedAsync(RedisKeys.Tasks));
        Assert.Equal("processing 0", await StateAsync(id));
    }

    [Fact]
    public async Task SuspectsAreClaimedOnlyWhenAskedFor()
    {
        var (plain, suspect) = (new Hint(await InsertAsync("queued"), DateTime.UtcNow), new Hint(await InsertAsync("queued", losses: 1), DateTime.UtcNow));

        Assert.Equal([plain.Id], (await _worker.ClaimAsync([plain, suspect], suspects: false, "me"))?.Select(task => task.Id));
        Assert.Equal([suspect.Id], (await _worker.ClaimAsync([plain, suspect], suspects: true, "me"))?.Select(task => task.Id));
    }

    [Fact]
    public async Task WhilePausedNothingIsClaimedAndTheHintsKeepTheirPlace()
    {
        var (first, second, third) = (await InsertAsync("queued"), await InsertAsync("queued"), Guid.CreateVersion7());
        await _redis.GetDatabase().ListRightPushAsync(RedisKeys.Tasks, new Hint(third, DateTime.UtcNow).ToRedisValue());
        var since = await _pause.PauseAsync();
        Assert.Equal(since, await _pause.PauseAsync()); // it was paused then, and still is

        Assert.Null(await _worker.ClaimAsync([new(first, DateTime.UtcNow), new(second, DateTime.UtcNow)], suspects: false, "me"));
        Assert.Equal("queued 0", await StateAsync(first));
        Assert.Equal([first, second, third], await HintedAsync(RedisKeys.Tasks));

        await _pause.ResumeAsync();
        Assert.Equal([first], (await _worker.ClaimAsync([new(first, DateTime.UtcNow)], suspects: false, "me"))?.Select(task => task.Id));
        Assert.Equal([], await _worker.ClaimAsync([new(first, DateTime.UtcNow)], suspects: false, "me"));
    }

    [Fact]
    public async Task APredictionPutOffIsHintedAgainOnceItIsDue()
    {
        var id = await InsertAsync("processing", lease: 60, attempt: 1);
        await _worker.HandBackAsync([Claim(id, attempt: 1)], TimeSpan.FromMinutes(1), Cancellation);
        Assert.Equal(0, await _rescue.HintAgainAsync(suspects: false, DateTime.UtcNow, Cancellation));
        await ExecuteAsync("UPDATE predictions SET available_at = now()");
        Assert.Equal(1, await _rescue.HintAgainAsync(suspects: false, DateTime.UtcNow, Cancellation));
        Assert.Equal([id], await HintedAsync(RedisKeys.Tasks));
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
        await _database.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static ClaimedTask Claim(Guid id, int attempt) => new(id, attempt, null, TimeSpan.Zero, 0, 1);

    /// <summary>Takes whatever hints are in a list; their ids.</summary>
    private async Task<IEnumerable<Guid>> HintedAsync(RedisKey list) => (await _queue.PopAsync(list, 100)).Select(hint => hint.Id);

    /// <summary>A row as a fault leaves it; <paramref name="available"/> and <paramref name="lease"/> in seconds from now.</summary>
    private async Task<Guid> InsertAsync(
        string status, int losses = 0, int attempt = 0, DateTime? hinted = null, double available = 0, double? lease = null)
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync("""
            INSERT INTO predictions (id, status, attempt, losses, faults, available_at, hinted_at, lease_until, image_bytes,
                image_type, image_width, image_height, owner, version, created_at)
            VALUES ($1, $2, $3, $4, 0, now() + $5 * interval '1 s', $6, now() + $7 * interval '1 s',
                1, 'image/jpeg', 1, 1, '', 1, now())
            """, id, status, attempt, losses, available, hinted ?? DateTime.UtcNow, (object?)lease ?? DBNull.Value);
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
