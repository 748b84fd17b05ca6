namespace ImagePrediction.Bench;

/// <summary>How long the disk takes to make a small write durable: the lower bound for a durable 202.</summary>
internal static class FsyncProbe
{
    private const int Writes = 200;

    /// <summary>Times 200 × (append 512 bytes, fsync) in a temporary file of the folder, in milliseconds.</summary>
    public static Distribution Measure(string folder)
    {
        var path = Path.Combine(folder, $".fsync-probe-{Guid.NewGuid():N}");
        var times = new List<double>(Writes);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        var block = new byte[512];
        for (var i = 0; i < Writes; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            file.Write(block);
            file.Flush(flushToDisk: true);
            times.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }

        return Distribution.Of(times)!;
    }
}
