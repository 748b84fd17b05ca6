using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;
using Npgsql;

namespace ImagePrediction.Api.Queue;

/// <summary>
/// Length of the queue, oldest age and throughput: read once a second per instance, however many clients ask, and every other second
/// when that is slow. Also the gauges <c>imageprediction.queue.depth</c> and <c>imageprediction.queue.oldest_age</c>.
/// </summary>
internal sealed class QueueSnapshot : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    // A snapshot reads every queued row. If that takes more than a twentieth of the interval, one is taken only every other second.
    private const int Share = 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1), WhilePaused = TimeSpan.FromSeconds(10);

    private readonly Migrator _migrator;
    private readonly NpgsqlDataSource _database;
    private readonly TaskQueue _queue;
    private readonly ApiKeys _keys;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueSnapshot> _logger;
    private readonly ConcurrentDictionary<string, long> _acceptedByOwner = new(StringComparer.Ordinal);
    private QueueState _state = QueueState.Empty;
    private long _accepted, _finished, _receiving, _looks;

    public QueueSnapshot(
        Migrator migrator, NpgsqlDataSource database, TaskQueue queue, ApiKeys keys, TimeProvider time, IMeterFactory meters,
        ILogger<QueueSnapshot> logger)
    {
        (_migrator, _database, _queue, _keys, _time, _logger) = (migrator, database, queue, keys, time, logger);
        var meter = meters.Create("ImagePrediction.Api");
        meter.CreateObservableGauge("imageprediction.queue.depth", () => _state.Depth, "{prediction}", "Predictions that wait for a worker");
        meter.CreateObservableGauge("imageprediction.queue.oldest_age", () => _state.OldestAge.TotalSeconds, "s", "How long the oldest of them has waited");
    }

    /// <summary>Estimated number of predictions queued now.</summary>
    public long Waiting => Math.Max(0, _state.Depth + Volatile.Read(ref _accepted) - Volatile.Read(ref _finished));

    /// <summary>Number of images being received, which will be queued in a moment.</summary>
    public long Receiving => Volatile.Read(ref _receiving);

    /// <summary>How long the oldest queued prediction has waited.</summary>
    public TimeSpan OldestAge => _state.OldestAge;

    /// <summary>Number of subscribed workers; null while Redis is unavailable.</summary>
    public int? Workers { get; private set; }

    /// <summary>The throughput, and its history.</summary>
    public Pace Pace { get; } = new();

    /// <summary>
    /// Number of queued predictions of a key: those in the last snapshot, and those that this instance has accepted since. How many
    /// of them have become final since is unknown, so the total number of queued predictions is an upper bound.
    /// </summary>
    public long WaitingOf(string owner) =>
        Math.Min(Waiting, _state.DepthByOwner.GetValueOrDefault(owner) + _acceptedByOwner.GetValueOrDefault(owner));

    /// <summary>Counts an image as being received, until the result is disposed.</summary>
    public IDisposable Receive() => new Arrival(this);

    /// <summary>Counts a prediction that this instance accepted.</summary>
    public void Accepted(string owner)
    {
        Interlocked.Increment(ref _accepted);
        if (_keys.Any)
            _acceptedByOwner.AddOrUpdate(owner, 1, static (_, count) => count + 1);
    }

    /// <summary>Counts predictions that became final, on any instance.</summary>
    public void Finished(int count)
    {
        Interlocked.Add(ref _finished, count);
        Pace.Add(count);
    }

    /// <summary>The position of a prediction; null unless it is queued.</summary>
    public QueueInfo? InfoOf(Prediction prediction)
    {
        if (prediction.Status is not PredictionStatus.Queued)
            return null;
        var position = _state.PositionOf(prediction.HintedAt);
        return position > _state.Depth ? InfoOfLast() : Info(position - Volatile.Read(ref _finished));
    }

    /// <summary>The position of a prediction that has just been accepted.</summary>
    public QueueInfo InfoOfLast() => Info(Waiting);

    /// <summary>How long this many predictions will take: 1 s to 1 min; 1 s if the throughput is unknown, 10 s while work is paused.</summary>
    public TimeSpan TimeFor(long predictions)
    {
        if (_state.IsPaused)
            return WhilePaused;
        var seconds = Pace.PerBusySecond > 0 ? predictions / Pace.PerBusySecond : 1;
        return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), 1, LongestWait.TotalSeconds));
    }

    private QueueInfo Info(long position) => new(Math.Max(1, position), Workers, _state.IsPaused,
        Workers is 0 || _state.IsPaused || Pace.PerBusySecond <= 0 ? null : Math.Round(1000 * Math.Max(1, position) / Pace.PerBusySecond));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, _time);
        var (lookedAt, pause) = (0L, TimeSpan.Zero);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (_looks++ % 2 == 0)
                    Workers = await _queue.CountWorkersAsync();
                if (_time.GetElapsedTime(lookedAt) >= pause)
                {
                    lookedAt = _time.GetTimestamp();
                    await LookAsync(stoppingToken);
                    pause = Share * _time.GetElapsedTime(lookedAt);
                    pause = pause < LongestPause ? pause : LongestPause;
                }
            }
            catch (Exception exception) when (!exception.IsStop(stoppingToken))
            {
                // The last state is kept until the database is back.
                if (!DatabaseAway.Means(exception)) // that shows in /health
                    _logger.SnapshotFailed(exception);
            }
            Pace.Tick(_time.GetUtcNow(), Waiting, OldestAge);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var (accepted, finished) = (Volatile.Read(ref _accepted), Volatile.Read(ref _finished));
        var byOwner = _acceptedByOwner.ToArray();
        _state = await QueueState.LookAsync(_database, byOwner: _keys.Any, cancellationToken);
        foreach (var (owner, count) in byOwner)
            _acceptedByOwner.AddOrUpdate(owner, 0, (_, now) => now - count);
        Interlocked.Add(ref _accepted, -accepted);
        Interlocked.Add(ref _finished, -finished);
    }

    private sealed class Arrival : IDisposable
    {
        private readonly QueueSnapshot _queue;

        public Arrival(QueueSnapshot queue)
        {
            _queue = queue;
            Interlocked.Increment(ref queue._receiving);
        }

        public void Dispose() => Interlocked.Decrement(ref _queue._receiving);
    }
}
