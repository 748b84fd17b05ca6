using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Images;

/// <summary>
/// The image store: one file a prediction, <c>yyyy/MM/dd/{id}</c> by the time in its UUIDv7. Written under another name,
/// renamed, synced, its folder synced: only then is the row made, and without a row a file is nothing.
/// </summary>
public sealed class ImageFolder
{
    private readonly string _root;
    private readonly string _incoming;
    private readonly Batcher<(FileStream File, string Folder), bool> _syncs;

    /// <summary>Names the store; its folder is made by the first upload.</summary>
    public ImageFolder(IOptions<ImageOptions> options)
    {
        _root = Path.GetFullPath(options.Value.Folder);
        _incoming = Path.Combine(_root, "incoming");
        // Several at once: after a burst, one disk sync need not wait for the other, and the file system commits them together.
        _syncs = new(SyncAsync, maxBatch: 16, concurrency: 4);
    }

    /// <summary>Begins an upload; nothing is visible until it is kept, and nothing is left if it is not.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public IncomingImage Begin()
    {
        var path = Path.Combine(_incoming, Path.GetRandomFileName());
        try
        {
            return new(this, path);
        }
        catch (Exception missing) when (IsFolderMissing(missing))
        {
            MakeFolder(_incoming);
            return new(this, path);
        }
    }

    /// <summary>Reads a whole image into a pooled buffer, which the caller gives back by disposing it.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, while the store itself is there.</exception>
    /// <exception cref="IOException">The store is away: try again later.</exception>
    public PooledBytes Read(Guid id)
    {
        using var file = Open(id, path => File.OpenHandle(path, options: FileOptions.SequentialScan));
        var length = checked((int)RandomAccess.GetLength(file));
        var bytes = new PooledBytes(ArrayPool<byte>.Shared.Rent(length), length);
        for (var read = 0; read < length;)
        {
            var count = RandomAccess.Read(file, bytes.Writable.Span[read..], read);
            read += count > 0 ? count : throw new EndOfStreamException($"The stored image {id} shrank while it was read.");
        }
        return bytes;
    }

    /// <summary>Opens an image to be sent piece by piece; it can be deleted meanwhile, and is still sent whole.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, while the store itself is there.</exception>
    /// <exception cref="IOException">The store is away: try again later.</exception>
    public FileStream OpenRead(Guid id) => Open(id, path =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous));

    /// <summary>Removes an image; no error if there is none.</summary>
    public void Delete(Guid id)
    {
        if (Directory.Exists(Path.GetDirectoryName(PathOf(id))))
            File.Delete(PathOf(id));
    }

    /// <exception cref="IOException">The store is away.</exception>
    public void ThrowIfAway()
    {
        if (!IsThere)
            throw new IOException($"The image store {_root} is away.");
    }

    /// <summary>True while the store's folder is mounted and can be seen.</summary>
    public bool IsThere => Directory.Exists(_incoming);

    /// <summary>The days before <paramref name="before"/> that have a folder, as <c>yyyy/MM/dd</c>.</summary>
    public IEnumerable<string> DaysBefore(DateTimeOffset before)
    {
        var last = before.UtcDateTime.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture);
        return !IsThere ? [] : Directory.EnumerateDirectories(_root, "????")
            .SelectMany(year => Directory.EnumerateDirectories(year, "??"))
            .SelectMany(month => Directory.EnumerateDirectories(month, "??"))
            .Select(day => Path.GetRelativePath(_root, day))
            .Where(day => string.CompareOrdinal(day, last) < 0);
    }

    /// <summary>The images of a day.</summary>
    public IEnumerable<Guid> List(string day) => Directory.EnumerateFiles(Path.Combine(_root, day))
        .Select(file => Guid.TryParse(Path.GetFileName(file), out var id) ? id : Guid.Empty)
        .Where(id => id != Guid.Empty);

    /// <summary>Removes uploads that were begun before <paramref name="before"/> and neither kept nor cleaned up: their API died.</summary>
    public void DeleteAbandonedUploads(DateTimeOffset before)
    {
        foreach (var file in (IsThere ? Directory.EnumerateFiles(_incoming) : []).Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime))
            File.Delete(file);
    }

    /// <summary>Gives a written file its final name; nobody looks for it there before its row is made.</summary>
    internal void Rename(string temporary, Guid id)
    {
        var path = PathOf(id);
        try
        {
            File.Move(temporary, path);
        }
        catch (Exception missing) when (IsFolderMissing(missing))
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            File.Move(temporary, path);
        }
    }

    /// <summary>Makes a renamed file durable, its content and its name.</summary>
    internal Task SyncAsync(FileStream file, Guid id) => _syncs.RunAsync((file, Path.GetDirectoryName(PathOf(id))!));

    /// <summary>Tells an image that is gone from a store that is away, which a missing file alone does not.</summary>
    private T Open<T>(Guid id, Func<string, T> open)
    {
        try
        {
            return open(PathOf(id));
        }
        catch (DirectoryNotFoundException missing) when (IsThere)
        {
            throw new FileNotFoundException(missing.Message, missing);
        }
        catch (FileNotFoundException missing) when (!IsThere)
        {
            throw new IOException($"The image store {_root} is away.", missing);
        }
    }

    private string PathOf(Guid id)
    {
        // The first 48 bits of a UUIDv7 are milliseconds since 1970.
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)bytes[0] << 40 | (long)bytes[1] << 32 | (uint)(bytes[2] << 24 | bytes[3] << 16 | bytes[4] << 8 | bytes[5]);
        var day = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, 253402300799999)).UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{_root}/{day:yyyy}/{day:MM}/{day:dd}/{id}");
    }

    /// <summary>.NET looks for the folder only after the call has failed, and blames the file if another has made it meanwhile.</summary>
    private static bool IsFolderMissing(Exception exception) => exception is DirectoryNotFoundException or FileNotFoundException;

    private void MakeFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        for (var parent = Path.GetDirectoryName(folder)!; parent.Length >= _root.Length; parent = Path.GetDirectoryName(parent)!)
            FolderSync.Sync(parent);
    }

    // Uploads that end while a sync is under way share the next one. After the rename, syncing the first file commits
    // the names of all of them on a journaling file system, so the folder has little left to do.
    private static Task<IReadOnlyList<bool>> SyncAsync(IReadOnlyList<(FileStream File, string Folder)> uploads)
    {
        foreach (var (file, _) in uploads)
            file.Flush(flushToDisk: true);
        foreach (var folder in uploads.Select(upload => upload.Folder).Distinct(StringComparer.Ordinal))
            FolderSync.Sync(folder);
        return Task.FromResult<IReadOnlyList<bool>>(new bool[uploads.Count]);
    }
}
