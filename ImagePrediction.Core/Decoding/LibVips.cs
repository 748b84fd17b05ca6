using NetVips;

namespace ImagePrediction.Decoding;

/// <summary>
/// The one-time setup of libvips that everything here relies on. Call <see cref="EnsureReady"/> before the first image.
/// </summary>
public static class LibVips
{
    /// <summary>Held here, since native code keeps calling it.</summary>
    private static readonly Log.LogDelegate Quiet = static (_, _, _) => { };

    private static readonly Lazy<string> Setup = new(Configure);

    /// <summary>The version of the native library, such as <c>8.18.7</c>.</summary>
    public static string Version => Setup.Value;

    /// <summary>
    /// Loads the native library and sets its limits; later calls cost nothing. Safe from any thread.
    /// </summary>
    /// <exception cref="InvalidOperationException">The native library is missing for this platform.</exception>
    public static void EnsureReady() => _ = Setup.Value;

    private static string Configure()
    {
        if (!ModuleInitializer.VipsInitialized)
            throw new InvalidOperationException("libvips could not be loaded.", ModuleInitializer.Exception);

        // Damaged uploads are everyday business: what matters reaches the caller as an exception, not the log as lines.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Quiet);

        // Only the loaders that we name are ever reached: whatever libvips has not fuzzed is refused,
        // then every loader is refused, then those of the accepted formats are let in again.
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in (ReadOnlySpan<string>)["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"])
            Operation.Block("VipsForeignLoad" + loader, false);

        // No picture is ever seen twice, so a cache of operations would only hold memory;
        // and the photo is the unit of parallelism: threads inside one would fight with inference.
        Cache.Max = 0;
        Cache.MaxMem = 0;
        NetVips.NetVips.Concurrency = 1;
        NativeHeap.Configure();
        return $"{NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)}";
    }
}
