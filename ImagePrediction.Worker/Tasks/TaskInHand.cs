using System.Diagnostics;
using ImagePrediction.Flow;

namespace ImagePrediction.Worker.Tasks;

/// <summary>A claimed prediction on its way through this worker.</summary>
/// <param name="claim">The row and the fence.</param>
/// <param name="isSuspect">True when an earlier worker was lost with it: it runs with nothing else in hand.</param>
internal sealed class TaskInHand(ClaimedTask claim, bool isSuspect)
{
    private long _began;
    private long _activeSince;

    public ClaimedTask Claim { get; } = claim;

    public bool IsSuspect { get; } = isSuspect;

    /// <summary>True once the store says that the claim is not ours any more: there is no point in going on.</summary>
    public bool IsLost { get; set; }

    /// <summary>The span from decoding to the result; null when nobody listens.</summary>
    public Activity? Activity { get; set; }

    /// <summary>When its first step began, as a <see cref="Stopwatch"/> timestamp; 0 before that.</summary>
    public long Began => Volatile.Read(ref _began);

    /// <summary>How long reading and decoding took.</summary>
    public TimeSpan DecodeTime { get; set; }

    /// <summary>How long the present step has been running; zero while the task waits for the next.</summary>
    public TimeSpan Active => Volatile.Read(ref _activeSince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Marks the beginning of a step; disposing marks its end.</summary>
    public Step Begin()
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref _began, now, 0);
        Volatile.Write(ref _activeSince, now);
        return new(this);
    }

    public readonly struct Step(TaskInHand task) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref task._activeSince, 0);
    }
}
