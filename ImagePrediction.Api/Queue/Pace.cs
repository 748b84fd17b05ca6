namespace ImagePrediction.Api.Queue;

/// <summary>How fast predictions become final: the rate of the last ten seconds, and ten minutes of it to look back on.</summary>
internal sealed class Pace
{
    private const int Window = 10;
    private const int TicksAPoint = 5;
    private const int MaxPoints = 120;

    private readonly int[] _seconds = new int[Window];
    private readonly Queue<PacePoint> _points = new(MaxPoints);
    private int _sinceTick;
    private long _ticks;

    /// <summary>Predictions a second, over the last ten seconds.</summary>
    public double PerSecond { get; private set; }

    /// <summary>A point each five seconds of the last ten minutes, oldest first.</summary>
    public IReadOnlyList<PacePoint> Points
    {
        get
        {
            lock (_points)
                return [.. _points];
        }
    }

    /// <summary>So many became final.</summary>
    public void Add(int count) => Interlocked.Add(ref _sinceTick, count);

    /// <summary>A second is over.</summary>
    public void Tick(DateTimeOffset at, long waiting, TimeSpan oldestAge)
    {
        _seconds[_ticks++ % Window] = Interlocked.Exchange(ref _sinceTick, 0);
        PerSecond = Average();
        if (_ticks % TicksAPoint != 0)
            return;
        lock (_points)
        {
            if (_points.Count == MaxPoints)
                _points.Dequeue();
            _points.Enqueue(new(at.UtcDateTime, waiting, Math.Round(oldestAge.TotalMilliseconds), Math.Round(PerSecond, 2)));
        }
    }

    // Counted from the first second in which anything came: work that has just begun is not slow.
    private double Average()
    {
        for (var age = Window; age > 0; age--)
            if (_seconds[(_ticks + Window - age) % Window] > 0)
                return (double)_seconds.Sum() / age;
        return 0;
    }
}

/// <summary>How it was at one moment.</summary>
/// <param name="At">UTC.</param>
/// <param name="Queued">How many predictions waited.</param>
/// <param name="OldestAgeMs">How long the oldest of them had waited, in milliseconds.</param>
/// <param name="CompletedPerS">Predictions that became final, a second.</param>
public sealed record PacePoint(DateTime At, long Queued, double OldestAgeMs, double CompletedPerS);
