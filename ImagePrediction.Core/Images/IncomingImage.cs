namespace ImagePrediction.Images;

/// <summary>An upload under way: a temporary file that becomes an image, or vanishes when disposed.</summary>
public sealed class IncomingImage : IAsyncDisposable
{
    private readonly ImageStore _store;
    private readonly FileStream _file;
    private bool _kept;

    internal IncomingImage(ImageStore store, string path)
    {
        _store = store;
        Path = path;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>The temporary file, whole once all was appended.</summary>
    public string Path { get; }

    /// <summary>How many bytes were appended.</summary>
    public long Length => _file.Position;

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="IOException">The disk is full or away.</exception>
    public void Append(ReadOnlySpan<byte> bytes) => _file.Write(bytes);

    /// <summary>Makes it the image of this prediction; durable when this returns.</summary>
    /// <exception cref="IOException">The store is full or away.</exception>
    public async Task KeepAsAsync(Guid id)
    {
        await _store.KeepAsync(_file, Path, id);
        _kept = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        try
        {
            File.Delete(Path); // nothing, where it was renamed
        }
        catch (Exception exception) when (_kept && exception is (IOException or UnauthorizedAccessException))
        {
            // The image is durable, whatever has become of the folder since.
        }
    }
}
