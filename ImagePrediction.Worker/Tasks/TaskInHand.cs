using System.Diagnostics;
using ImagePrediction.Flow;

namespace ImagePrediction.Worker.Tasks;

/// <summary>A claimed prediction on its way through this worker.</summary>
/// <param name="claim">The row and its fencing token.</param>
/// <param name="isSuspect">True if an earlier worker was lost with it: it runs with nothing else in hand.</param>
internal sealed class TaskInHand(ClaimedTask claim, bool isSuspect)
{
    private long _began;
    private long _activeSince;

    public ClaimedTask Claim { get; } = claim;

    public bool IsSuspect { get; } = isSuspect;

    /// <summary>True once the database reports that the claim is no longer ours: there is no point in continuing.</summary>
    public bool IsLost { get; set; }

    /// <summary>The span from decoding to the result; null if there is no listener.</summary>
    public Activity? Activity { get; set; }

    /// <summary>When its first step began, as a <see cref="Stopwatch"/> timestamp; 0 before that.</summary>
    public long Began => Volatile.Read(ref _began);

    /// <summary>How long reading and decoding took.</summary>
    public TimeSpan DecodeTime { get; set; }

    /// <summary>How long the current step has been running; zero while the task waits for the next one.</summary>
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
