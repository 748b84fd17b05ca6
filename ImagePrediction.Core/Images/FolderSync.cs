using System.Runtime.InteropServices;

namespace ImagePrediction.Images;

/// <summary>
/// Makes the names in a folder durable: POSIX requires fsync of the folder itself after a rename, and .NET cannot open folders.
/// </summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>Syncs a folder; does nothing on Windows, where the file system takes care of it.</summary>
    /// <exception cref="IOException">The folder cannot be opened or synced.</exception>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw Error("open", folder);
        try
        {
            if (Fsync(descriptor) != 0)
                throw Error("sync", folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Error(string what, string folder) =>
        new($"Cannot {what} {folder}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
