using System.Globalization;

namespace ImagePrediction.Images;

/// <summary>
/// Stores images, one per prediction, named <c>yyyy/MM/dd/{id}</c> by the time in its UUIDv7, in a folder or a blob container
/// that contains a mark. An upload is first a temporary file on this machine, and becomes an image atomically. Only then
/// is its row inserted; an image without a row is an orphan.
/// </summary>
public abstract class ImageStore
{
    /// <summary>Sets the folder of temporary files, which the first upload creates.</summary>
    protected ImageStore(string incoming) => Incoming = incoming;

    /// <summary>The folder of uploads in progress.</summary>
    protected string Incoming { get; }

    /// <summary>The name of the mark is this prefix and the store's id.</summary>
    protected const string MarkPrefix = "store-";

    /// <summary>Begins an upload; nothing is visible until it is kept, and nothing is left if it is not.</summary>
    /// <exception cref="IOException">The disk is full, or the store is unavailable.</exception>
    public IncomingImage Begin()
    {
        var path = Path.Combine(Incoming, Path.GetRandomFileName());
        try
        {
            return new(this, path);
        }
        catch (Exception missing) when (IsFolderMissing(missing))
        {
            MakeFolder(Incoming);
            return new(this, path);
        }
    }

    /// <summary>Reads a whole image into a pooled buffer, which the caller returns by disposing it.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, although the store is available.</exception>
    /// <exception cref="IOException">The store is unavailable; retry later.</exception>
    public abstract PooledBytes Read(Guid id);

    /// <summary>Opens an image as a seekable stream.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, although the store is available.</exception>
    /// <exception cref="IOException">The store is unavailable; retry later.</exception>
    public abstract Task<Stream> OpenReadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Removes an image; no error if there is none.</summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    public abstract Task DeleteAsync(Guid id);

    /// <summary>Checks that the store can be reached.</summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    public abstract Task ThrowIfAwayAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The id in the store's mark, which the database stores too; null if there is no mark: nothing was ever stored
    /// here, or this is not the store, such as the folder under a missing mount.
    /// </summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    public abstract Task<Guid?> FindMarkAsync(CancellationToken cancellationToken);

    /// <summary>Marks this folder or container as the store with this id, which makes it usable.</summary>
    /// <exception cref="IOException">The store is full or unavailable.</exception>
    public abstract Task MarkAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The days before <paramref name="before"/> that have images or had some, as <c>yyyy/MM/dd</c>.</summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    public abstract IAsyncEnumerable<string> DaysBefore(DateTimeOffset before);

    /// <summary>The images of a day.</summary>
    /// <exception cref="IOException">The store is unavailable.</exception>
    public abstract IAsyncEnumerable<Guid> List(string day);

    /// <summary>Removes uploads last written before <paramref name="before"/>, whose API instance died before it kept or removed them.</summary>
    public virtual void DeleteAbandonedUploads(DateTimeOffset before) => DeleteOld(Incoming, before);

    /// <summary>Deletes the files of a folder that were written before <paramref name="before"/>.</summary>
    protected static void DeleteOld(string folder, DateTimeOffset before)
    {
        foreach (var file in (Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : []).Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime))
            File.Delete(file);
    }

    /// <summary>Turns a written temporary file into this prediction's image, durable afterwards. Returns whether the file itself was moved.</summary>
    internal abstract Task<bool> KeepAsync(FileStream file, string path, Guid id);

    /// <summary>Creates a missing folder.</summary>
    protected abstract void MakeFolder(string folder);

    /// <summary>.NET checks for the folder only after the call has failed, and reports a missing file if the folder was created meanwhile.</summary>
    protected static bool IsFolderMissing(Exception exception) => exception is DirectoryNotFoundException or FileNotFoundException;

    /// <summary>An image's name: its day, and its id.</summary>
    protected static string NameOf(Guid id)
    {
        // The first 48 bits of a UUIDv7 are milliseconds since 1970.
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)bytes[0] << 40 | (long)bytes[1] << 32 | (uint)(bytes[2] << 24 | bytes[3] << 16 | bytes[4] << 8 | bytes[5]);
        var day = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, 253402300799999));
        return string.Create(CultureInfo.InvariantCulture, $"{DayOf(day)}/{id}");
    }

    /// <summary>The day as it appears in image names; sorts by time.</summary>
    protected static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture);

    /// <summary>The id of the mark among these names; the first, if somebody has added a second.</summary>
    protected static Guid? MarkAmong(IEnumerable<string> names) => names
        .Where(name => name.StartsWith(MarkPrefix, StringComparison.Ordinal))
        .Select(name => Guid.TryParse(name.AsSpan(MarkPrefix.Length), out var id) ? id : (Guid?)null)
        .FirstOrDefault(id => id is not null);

    /// <summary>The ids in these names, skipping names that are not images of ours.</summary>
    protected static IEnumerable<Guid> Ids(IEnumerable<string> names) => names
        .Select(name => Guid.TryParse(name.AsSpan(name.LastIndexOf('/') + 1), out var id) ? id : Guid.Empty)
        .Where(id => id != Guid.Empty);
}
