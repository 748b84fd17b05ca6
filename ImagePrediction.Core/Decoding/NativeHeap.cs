using System.Runtime.InteropServices;

namespace ImagePrediction.Decoding;

/// <summary>
/// What the C library does with memory that native libraries have given back. glibc keeps up to 32 MB blocks for next time, which after
/// a few very large pictures comes to 150 MB a process; elsewhere there is nothing to do.
/// </summary>
public static unsafe class NativeHeap
{
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD
    private const int LargestKept = 16 << 20;

    private static readonly nint Library = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) ? library : 0;
    private static readonly delegate* unmanaged<int, int, int> SetOption = (delegate* unmanaged<int, int, int>)Find("mallopt");
    private static readonly delegate* unmanaged<nuint, int> ReturnFree = (delegate* unmanaged<nuint, int>)Find("malloc_trim");

    /// <summary>Gives larger blocks than 16 MB back at once. Those of ordinary photos are kept: getting fresh pages costs more than decoding.</summary>
    public static void Configure()
    {
        if (SetOption is not null)
            _ = SetOption(MapThreshold, LargestKept);
    }

    /// <summary>Gives back all that is free; a matter of milliseconds.</summary>
    public static void Trim()
    {
        if (ReturnFree is not null)
            _ = ReturnFree(0);
    }

    private static nint Find(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var function) ? function : 0;
}
