using System.Runtime.InteropServices;

namespace ImagePrediction.Decoding;

/// <summary>
/// Controls what the C library does with memory that native libraries have freed. glibc keeps blocks of up to 32 MB for reuse, which
/// adds up to 150 MB per process after a few very large pictures; on other platforms there is nothing to do.
/// </summary>
public static unsafe class NativeHeap
{
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD
    private const int LargestKept = 16 << 20;

    private static readonly nint Library = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) ? library : 0;
    private static readonly delegate* unmanaged<int, int, int> SetOption = (delegate* unmanaged<int, int, int>)Find("mallopt");
    private static readonly delegate* unmanaged<nuint, int> ReturnFree = (delegate* unmanaged<nuint, int>)Find("malloc_trim");

    /// <summary>Has freed blocks over 16 MB returned at once. Those of ordinary photos are kept: fresh pages cost more than decoding.</summary>
    public static void Configure()
    {
        if (SetOption is not null)
            _ = SetOption(MapThreshold, LargestKept);
    }

    /// <summary>Returns all free memory to the system; takes milliseconds.</summary>
    public static void Trim()
    {
        if (ReturnFree is not null)
            _ = ReturnFree(0);
    }

    private static nint Find(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var function) ? function : 0;
}
