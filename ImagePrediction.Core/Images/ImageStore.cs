using System.Globalization;

namespace ImagePrediction.Images;

/// <summary>
/// Where images live, one a prediction, named <c>yyyy/MM/dd/{id}</c> by the time in its UUIDv7: a folder or a container
/// of blobs, with a mark in it. An upload is a temporary file on this machine first, and becomes an image at once and whole. Only then
/// is its row made, and without a row an image is nothing.
/// </summary>
public abstract class ImageStore
{
    /// <summary>Names where uploads go first; the folder is made by the first of them.</summary>
    protected ImageStore(string incoming) => Incoming = incoming;

    /// <summary>The folder of uploads under way.</summary>
    protected string Incoming { get; }

    /// <summary>The name of the mark is this and the store's id.</summary>
    protected const string MarkPrefix = "store-";

    /// <summary>Begins an upload; nothing is visible until it is kept, and nothing is left if it is not.</summary>
    /// <exception cref="IOException">The disk is full, or the store is away.</exception>
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

    /// <summary>Reads a whole image into a pooled buffer, which the caller gives back by disposing it.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, while the store itself is there.</exception>
    /// <exception cref="IOException">The store is away: try again later.</exception>
    public abstract PooledBytes Read(Guid id);

    /// <summary>Opens an image to be sent piece by piece, from any place in it.</summary>
    /// <exception cref="FileNotFoundException">The image is gone, while the store itself is there.</exception>
    /// <exception cref="IOException">The store is away: try again later.</exception>
    public abstract Task<Stream> OpenReadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Removes an image; no error if there is none.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    public abstract Task DeleteAsync(Guid id);

    /// <summary>Nothing, if the store can be reached.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    public abstract Task ThrowIfAwayAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The id in the store's mark, by which it and the database know each other; null where there is none: nothing was ever stored
    /// here, or what is here is not the store, such as the folder under a mount that is gone.
    /// </summary>
    /// <exception cref="IOException">The store is away.</exception>
    public abstract Task<Guid?> FindMarkAsync(CancellationToken cancellationToken);

    /// <summary>Makes it the store of this id, and usable.</summary>
    /// <exception cref="IOException">The store is full or away.</exception>
    public abstract Task MarkAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The days before <paramref name="before"/> that have images or had some, as <c>yyyy/MM/dd</c>.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    public abstract IAsyncEnumerable<string> DaysBefore(DateTimeOffset before);

    /// <summary>The images of a day.</summary>
    /// <exception cref="IOException">The store is away.</exception>
    public abstract IAsyncEnumerable<Guid> List(string day);

    /// <summary>Removes uploads that were begun before <paramref name="before"/> and neither kept nor cleaned up: their API died.</summary>
    public virtual void DeleteAbandonedUploads(DateTimeOffset before) => DeleteOld(Incoming, before);

    /// <summary>Deletes the files of a folder that were written before <paramref name="before"/>.</summary>
    protected static void DeleteOld(string folder, DateTimeOffset before)
    {
        foreach (var file in (Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : []).Where(file => File.GetLastWriteTimeUtc(file) < before.UtcDateTime))
            File.Delete(file);
    }

    /// <summary>Makes a written temporary file the image of this prediction, which is durable afterwards; the file may stay or go.</summary>
    internal abstract Task KeepAsync(FileStream file, string path, Guid id);

    /// <summary>Makes a folder that is needed now.</summary>
    protected abstract void MakeFolder(string folder);

    /// <summary>.NET looks for the folder only after the call has failed, and blames the file if another has made it meanwhile.</summary>
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

    /// <summary>A day as images are filed under it; in the order of time when sorted.</summary>
    protected static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture);

    /// <summary>The id of the mark among these names; the first, should somebody have put in a second.</summary>
    protected static Guid? MarkAmong(IEnumerable<string> names) => names
        .Where(name => name.StartsWith(MarkPrefix, StringComparison.Ordinal))
        .Select(name => Guid.TryParse(name.AsSpan(MarkPrefix.Length), out var id) ? id : (Guid?)null)
        .FirstOrDefault(id => id is not null);

    /// <summary>The ids that names stand for, without what is no image of ours.</summary>
    protected static IEnumerable<Guid> Ids(IEnumerable<string> names) => names
        .Select(name => Guid.TryParse(name.AsSpan(name.LastIndexOf('/') + 1), out var id) ? id : Guid.Empty)
        .Where(id => id != Guid.Empty);
}
