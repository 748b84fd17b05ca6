using System.Globalization;

namespace ImagePrediction.Torture;

/// <summary>A tmpfs for the data folder, with images and Postgres, that can be filled up without affecting other programs. Mounting needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    /// <exception cref="IOException">It cannot be mounted.</exception>
    public static async Task<SmallDisk> MountAsync(string folder, long mebibytes)
    {
        await Programs.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={mebibytes.ToString(CultureInfo.InvariantCulture)}m,mode=755", "torture", folder]);
        return new(folder);
    }

    /// <summary>Uses up all free space for a while.</summary>
    public static async Task<string> FillAsync(string folder, TimeSpan duration, CancellationToken stopping)
    {
        var file = Path.Combine(folder, "full");
        var taken = 0L;
        await using (var stream = new FileStream(file, FileMode.Create))
        {
            try
            {
                var zeros = new byte[1 << 20];
                for (; ; taken += zeros.Length)
                    RandomAccess.Write(stream.SafeFileHandle, zeros, taken);
            }
            catch (IOException)
            {
                // Now it is full.
            }
        }
        await Task.Delay(duration, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        File.Delete(file);
        return $"{taken >> 20} MiB";
    }

    public async ValueTask DisposeAsync() => await Programs.RunAsync("umount", [_folder]);
}
