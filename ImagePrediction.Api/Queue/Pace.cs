namespace ImagePrediction.Api.Queue;

/// <summary>Throughput over the last ten seconds: overall, and while predictions were waiting; its history of ten minutes.</summary>
internal sealed class Pace
{
    private const int Window = 10;
    private const int TicksAPoint = 5;
    private const int MaxPoints = 120;

    private readonly (int Completed, bool WasBusy)[] _seconds = new (int, bool)[Window];
    private readonly Queue<PacePoint> _points = new(MaxPoints);
    private int _sinceTick;
    private long _ticks;
    private bool _anyWaited;

    /// <summary>Predictions per second, over the last ten seconds.</summary>
    public double PerSecond { get; private set; }

    /// <summary>
    /// Predictions per second in those seconds in which others waited; 0 if there were none. The other seconds do not show what workers
    /// are capable of: after one photo in ten seconds, ten photos do not take a hundred.
    /// </summary>
    public double PerBusySecond { get; private set; }

    /// <summary>One point for each five seconds of the last ten minutes, oldest first.</summary>
    public IReadOnlyList<PacePoint> Points
    {
        get
        {
            lock (_points)
                return [.. _points];
        }
    }

    /// <summary>Counts predictions that became final.</summary>
    public void Add(int count) => Interlocked.Add(ref _sinceTick, count);

    /// <summary>Ends a second; every fifth one adds a point to the history.</summary>
    public void Tick(DateTimeOffset at, long waiting, TimeSpan oldestAge)
    {
        var anyWaits = waiting > 0;
        _seconds[_ticks++ % Window] = (Interlocked.Exchange(ref _sinceTick, 0), _anyWaited && anyWaits);
        _anyWaited = anyWaits;
        PerSecond = Average(_ => true);
        PerBusySecond = Average(second => second.WasBusy);
        if (_ticks % TicksAPoint != 0)
            return;
        lock (_points)
        {
            if (_points.Count == MaxPoints)
                _points.Dequeue();
            _points.Enqueue(new(at.UtcDateTime, waiting, Math.Round(oldestAge.TotalMilliseconds), Math.Round(PerSecond, 2)));
        }
    }

    // Averaged from the first second with a completion, so that work that has just begun does not look slow.
    private double Average(Func<(int Completed, bool WasBusy), bool> counts) =>
        Enumerable.Range(0, Window).Select(i => _seconds[(_ticks + i) % Window])
            .Where(counts).Select(second => second.Completed).SkipWhile(completed => completed == 0).DefaultIfEmpty().Average();
}

/// <summary>The queue and its throughput at one moment.</summary>
/// <param name="At">UTC.</param>
/// <param name="Queued">Number of queued predictions.</param>
/// <param name="OldestAgeMs">How long the oldest of them had waited, in milliseconds.</param>
/// <param name="CompletedPerS">Predictions that became final per second.</param>
public sealed record PacePoint(DateTime At, long Queued, double OldestAgeMs, double CompletedPerS);
