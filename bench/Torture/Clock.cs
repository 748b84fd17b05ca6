namespace ImagePrediction.Torture;

/// <summary>
/// Gives the API a different time of day than the rest of the machine: a library compiled here and preloaded into its process adds the number
/// of seconds found in a file. Durations are unaffected, as they are when a system clock is set.
/// </summary>
internal static class Clock
{
    private const string Library = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>

        static const volatile long long *seconds;

        __attribute__((constructor)) static void start(void)
        {
            int file;
            if (strcmp(program_invocation_short_name, "ImagePrediction.Api") || (file = open(getenv("TORTURE_CLOCK"), O_RDONLY)) < 0)
                return;
            void *mapped = mmap(0, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
            if (mapped != MAP_FAILED)
                seconds = mapped;
        }

        int clock_gettime(clockid_t clock, struct timespec *time)
        {
            int failed = syscall(SYS_clock_gettime, clock, time);
            if (!failed && seconds && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                time->tv_sec += *seconds;
            return failed;
        }
        """;

    private static readonly long[] Offsets = [-7200, -600, -30, -2, 2, 30, 600, 7200]; // seconds

    /// <summary>Creates the library and that file in a folder. Returns the environment variables for the API's process; other processes ignore them.</summary>
    /// <exception cref="IOException">There is no C compiler.</exception>
    public static async Task<IEnumerable<(string Name, string Value)>> PrepareAsync(string folder)
    {
        var library = Path.Combine(folder, "clock.so");
        await Programs.RunAsync("cc", ["-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", library], Library);
        Set(FileIn(folder), 0);
        return [("LD_PRELOAD", library), ("TORTURE_CLOCK", FileIn(folder))];
    }

    /// <summary>Sets it to a wrong time for the duration of the fault.</summary>
    public static async Task<string> SetAsync(string folder, Fault fault, CancellationToken stopping)
    {
        var offset = Offsets[fault.Target % Offsets.Length];
        Set(FileIn(folder), offset);
        await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Set(FileIn(folder), 0);
        return $"by {offset} s";
    }

    private static string FileIn(string folder) => Path.Combine(folder, "clock");

    // In place: the API has it mapped.
    private static void Set(string file, long offset)
    {
        using var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(handle, BitConverter.GetBytes(offset), 0);
    }
}
