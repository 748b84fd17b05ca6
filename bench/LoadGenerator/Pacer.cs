using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace ImagePrediction.Bench;

/// <summary>
/// The open loop's clock: POST number n is due at n / rate, whatever the server does. Runs on a thread of its own that
/// sleeps in microseconds, since a .NET timer's millisecond would be a large part of the latency it helps to measure.
/// </summary>
internal sealed partial class Pacer(double rate, int count, TimeSpan duration)
{
    private readonly Channel<long> _due = Channel.CreateUnbounded<long>(new() { SingleWriter = true });
    private long _start;

    /// <summary>Numbers of the POSTs that are due, in order; ends with the run.</summary>
    public ChannelReader<long> Due => _due.Reader;

    /// <summary>The timestamp at which a POST is due.</summary>
    public long DueAt(long number) => _start + (long)(number / rate * Stopwatch.Frequency);

    public void Start(CancellationToken stop)
    {
        _start = Stopwatch.GetTimestamp();
        new Thread(() => Run(stop)) { IsBackground = true, Name = "pacer" }.Start();
    }

    private void Run(CancellationToken stop)
    {
        for (var number = 0L; number < count && number / rate < duration.TotalSeconds && !stop.IsCancellationRequested; number++)
        {
            while (DueAt(number) - Stopwatch.GetTimestamp() is > 0 and var ticks && !stop.IsCancellationRequested)
                Sleep(TimeSpan.FromSeconds(Math.Min(0.1, (double)ticks / Stopwatch.Frequency)));
            _due.Writer.TryWrite(number);
        }

        _due.Writer.Complete();
    }

    private static void Sleep(TimeSpan time)
    {
        if (OperatingSystem.IsWindows())
            Thread.Sleep(time);
        else
            _ = MicroSleep((uint)time.TotalMicroseconds);
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MicroSleep(uint microseconds);
}
