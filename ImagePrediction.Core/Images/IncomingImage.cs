namespace ImagePrediction.Images;

/// <summary>An upload in progress: a temporary file that becomes an image, or is deleted on disposal.</summary>
public sealed class IncomingImage : IAsyncDisposable
{
    private readonly ImageStore _store;
    private readonly FileStream _file;
    private bool _kept, _moved;

    internal IncomingImage(ImageStore store, string path)
    {
        _store = store;
        Path = path;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>The temporary file, complete once everything was appended.</summary>
    public string Path { get; }

    /// <summary>How many bytes were appended.</summary>
    public long Length => _file.Position;

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="IOException">The disk is full or unavailable.</exception>
    public void Append(ReadOnlySpan<byte> bytes) => _file.Write(bytes);

    /// <summary>Turns the file into this prediction's image; durable when this returns.</summary>
    /// <exception cref="IOException">The store is full or unavailable.</exception>
    public async Task KeepAsAsync(Guid id)
    {
        _moved = await _store.KeepAsync(_file, Path, id);
        _kept = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        if (_moved)
            return;
        try
        {
            File.Delete(Path); // no effect if it was moved but could not be synced
        }
        catch (Exception exception) when (_kept && exception is (IOException or UnauthorizedAccessException))
        {
            // The image is durable, whatever has happened to the folder since.
        }
    }
}
