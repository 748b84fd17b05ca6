using System.Buffers;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Images;

/// <summary>
/// Images as files in a folder. An image is durable once it is written under a temporary name, renamed and synced, and its folder synced.
/// </summary>
public sealed class ImageFolder : ImageStore
{
    private readonly string _root;
    private readonly Batcher<(FileStream File, string Folder), bool> _syncs;

    /// <summary>Configures the store; its folder is created when it is marked.</summary>
    public ImageFolder(IOptions<ImageOptions> options) : this(Path.GetFullPath(options.Value.Folder))
    {
    }

    private ImageFolder(string root) : base(Path.Combine(root, "incoming"))
    {
        _root = root;
        // Several at once: after a burst, one disk sync need not wait for another, and the file system commits them together.
        _syncs = new(SyncAsync, maxBatch: 16, concurrency: 4);
    }

    /// <inheritdoc/>
    public override PooledBytes Read(Guid id)
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

    /// <summary>Opens an image for streaming; if it is deleted meanwhile, it is still sent in full.</summary>
    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult<Stream>(Open(id, path =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous)));

    /// <inheritdoc/>
    public override Task DeleteAsync(Guid id)
    {
        if (Directory.Exists(Path.GetDirectoryName(PathOf(id))))
            File.Delete(PathOf(id));
        else if (!IsThere)
            throw Away();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task ThrowIfAwayAsync(CancellationToken cancellationToken) =>
        IsThere ? Task.CompletedTask : throw Away();

    /// <inheritdoc/>
    public override IAsyncEnumerable<string> DaysBefore(DateTimeOffset before) => (!IsThere ? [] : Directory.EnumerateDirectories(_root, "????")
        .SelectMany(year => Directory.EnumerateDirectories(year, "??"))
        .SelectMany(month => Directory.EnumerateDirectories(month, "??"))
        .Select(day => Path.GetRelativePath(_root, day))
        .Where(day => string.CompareOrdinal(day, DayOf(before)) < 0)).ToAsyncEnumerable();

    /// <inheritdoc/>
    public override IAsyncEnumerable<Guid> List(string day) => Ids(Directory.EnumerateFiles(Path.Combine(_root, day))).ToAsyncEnumerable();

    /// <inheritdoc/>
    public override Task<Guid?> FindMarkAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Directory.Exists(_root) ? MarkAmong(Directory.EnumerateFiles(_root, $"{MarkPrefix}*").Select(Path.GetFileName)!) : null);

    /// <inheritdoc/>
    public override Task MarkAsync(Guid id, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_root);
        using (var mark = File.Create(Path.Combine(_root, $"{MarkPrefix}{id}")))
            mark.Flush(flushToDisk: true);
        FolderSync.Sync(_root);
        return Task.CompletedTask;
    }

    /// <summary>True while the store is mounted; an empty folder in its place has no mark.</summary>
    private bool IsThere => Directory.Exists(_root) && Directory.EnumerateFiles(_root, $"{MarkPrefix}*").Any();

    /// <summary>Moves a written file to its final name, which nothing reads before its row exists, and syncs content and name.</summary>
    internal override async Task<bool> KeepAsync(FileStream file, string path, Guid id)
    {
        var kept = PathOf(id);
        var folder = Path.GetDirectoryName(kept)!;
        try
        {
            File.Move(path, kept, overwrite: true); // ids are unique: .NET need not check whether the name is taken
        }
        catch (Exception missing) when (IsFolderMissing(missing))
        {
            MakeFolder(folder);
            File.Move(path, kept, overwrite: true);
        }
        await _syncs.RunAsync((file, folder));
        return true;
    }

    /// <inheritdoc/>
    protected override void MakeFolder(string folder)
    {
        if (!IsThere)
            throw Away();
        Directory.CreateDirectory(folder);
        for (var parent = Path.GetDirectoryName(folder)!; parent.Length >= _root.Length; parent = Path.GetDirectoryName(parent)!)
            FolderSync.Sync(parent);
    }

    /// <summary>
    /// Distinguishes a missing image from an unavailable store, which a missing file alone does not. The store may have come
    /// back between the check of the file and the check of the store, so the file is checked a second time.
    /// </summary>
    private T Open<T>(Guid id, Func<string, T> open)
    {
        for (var look = 1; ; look++)
        {
            try
            {
                return open(PathOf(id));
            }
            catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
            {
                if (!IsThere)
                    throw Away(missing);
                if (look == 2)
                    throw new FileNotFoundException(missing.Message, missing);
            }
        }
    }

    private IOException Away(Exception? missing = null) => new($"The image store {_root} is away.", missing);

    private string PathOf(Guid id) => $"{_root}/{NameOf(id)}";

    // Uploads that end while a sync is running share the next one. After the rename, syncing the first file commits
    // the names of all of them on a journaling file system, so syncing the folder has little left to do.
    private static Task<IReadOnlyList<bool>> SyncAsync(IReadOnlyList<(FileStream File, string Folder)> uploads)
    {
        foreach (var (file, _) in uploads)
            file.Flush(flushToDisk: true);
        foreach (var folder in uploads.Select(upload => upload.Folder).Distinct(StringComparer.Ordinal))
            FolderSync.Sync(folder);
        return Task.FromResult<IReadOnlyList<bool>>(new bool[uploads.Count]);
    }
}
