using System.Buffers;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace ImagePrediction.Images;

/// <summary>
/// Images as block blobs in an Azure Storage container, which is created when the store is marked. A blob appears
/// atomically, and is durable when the upload returns.
/// </summary>
public sealed class ImageBlobs : ImageStore
{
    private static readonly BlobUploadOptions InOneRequest = new() { TransferOptions = new() { InitialTransferSize = 256 << 20, MaximumConcurrency = 1 } };

    // Well below the worker's task timeout, so that a hanging store is not mistaken for a hanging image.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(15);

    private const int DownloadBuffer = 256 << 10; // held for as long as a client reads, however slowly
    private const string UploadsPrefix = "image-prediction-uploads-"; // followed by a random name, which nobody else on the machine can have created

    private readonly BlobContainerClient _container;
    private readonly BlobContainerClient _uploads;
    private volatile bool _isKnown;

    /// <summary>Configures the store; nothing is connected yet.</summary>
    /// <param name="connectionString">
    /// As Aspire writes it: <c>Endpoint=URL;ContainerName=NAME</c>, to log in with the process' own Azure identity, or a
    /// storage account's connection string with <c>;ContainerName=NAME</c>.
    /// </param>
    /// <exception cref="ArgumentException">It has no container name, or neither of these forms.</exception>
    public ImageBlobs(string connectionString) : base(Path.Combine(Path.GetTempPath(), $"{UploadsPrefix}{Path.GetRandomFileName()}"))
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var name = ValueOf(parts, "ContainerName") ?? throw new ArgumentException("ConnectionStrings:images has no ContainerName=….", nameof(connectionString));
        _container = Connect(parts, name, TimeSpan.FromSeconds(5));
        _uploads = Connect(parts, name, TimeSpan.FromMinutes(1)); // for the whole body, which may be large, over a slow connection
    }

    /// <inheritdoc/>
    public override PooledBytes Read(Guid id) => Reaching(async () =>
    {
        using var limit = new CancellationTokenSource(ReadLimit);
        using var download = (await BlobOf(id).DownloadStreamingAsync(cancellationToken: limit.Token)).Value;
        var length = checked((int)download.Details.ContentLength);
        var bytes = new PooledBytes(ArrayPool<byte>.Shared.Rent(length), length);
        await download.Content.ReadExactlyAsync(bytes.Writable, limit.Token);
        return bytes;
    }).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(Guid id, CancellationToken cancellationToken) => Reaching(async () =>
    {
        var stream = await BlobOf(id).OpenReadAsync(new BlobOpenReadOptions(allowModifications: false) { BufferSize = DownloadBuffer }, cancellationToken);
        // Reading one byte fetches the first part, so that failures surface here, before any of the response is sent.
        _ = await stream.ReadAsync(new byte[1], cancellationToken);
        stream.Position = 0;
        return stream;
    }, cancellationToken);

    /// <inheritdoc/>
    public override Task DeleteAsync(Guid id) => Reaching(async () => await BlobOf(id).DeleteIfExistsAsync());

    /// <inheritdoc/>
    public override async Task ThrowIfAwayAsync(CancellationToken cancellationToken) =>
        _isKnown = await FindMarkAsync(cancellationToken) is not null ? true : throw new IOException($"The image store {Name} has no mark.");

    /// <inheritdoc/>
    public override async IAsyncEnumerable<string> DaysBefore(DateTimeOffset before)
    {
        var last = DayOf(before);
        foreach (var year in await FoldersAsync(""))
            foreach (var month in await FoldersAsync(year))
                foreach (var day in (await FoldersAsync(month)).Select(day => day.TrimEnd('/')).Where(day => string.CompareOrdinal(day, last) < 0))
                    yield return day;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Guid> List(string day)
    {
        await using var pages = _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"{day}/", CancellationToken.None).AsPages().GetAsyncEnumerator();
        while (await Reaching(async () => await pages.MoveNextAsync()))
            foreach (var id in Ids(pages.Current.Values.Select(blob => blob.Name)))
                yield return id;
    }

    /// <inheritdoc/>
    public override async Task<Guid?> FindMarkAsync(CancellationToken cancellationToken) => MarkAmong(await Reaching<List<string>>(async () =>
        !await _container.ExistsAsync(cancellationToken) ? []
            : await _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, MarkPrefix, cancellationToken).Select(blob => blob.Name).ToListAsync(cancellationToken),
        cancellationToken));

    /// <inheritdoc/>
    public override Task MarkAsync(Guid id, CancellationToken cancellationToken) => Reaching(async () =>
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        return await _container.GetBlobClient($"{MarkPrefix}{id}").UploadAsync(BinaryData.Empty, overwrite: true, cancellationToken);
    }, cancellationToken);

    /// <inheritdoc/>
    public override void DeleteAbandonedUploads(DateTimeOffset before)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{UploadsPrefix}*"))
            try
            {
                DeleteOld(folder, before);
                if (folder != Incoming)
                    Directory.Delete(folder);
            }
            catch (Exception notOurs) when (notOurs is IOException or UnauthorizedAccessException)
            {
                // Belongs to another user, or to another running process.
            }
    }

    internal override async Task<bool> KeepAsync(FileStream file, string path, Guid id)
    {
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.Asynchronous);
        if (!_isKnown)
            await ThrowIfAwayAsync(CancellationToken.None); // an empty container is not the store
        await Reaching(async () => await _uploads.GetBlobClient(NameOf(id)).UploadAsync(content, InOneRequest));
        return false;
    }

    /// <inheritdoc/>
    protected override void MakeFolder(string folder)
    {
        // No other user of this machine may see the uploads.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Name => _container.Uri.GetLeftPart(UriPartial.Path);

    private BlobClient BlobOf(Guid id) => _container.GetBlobClient(NameOf(id));

    private Task<List<string>> FoldersAsync(string prefix) => Reaching(async () => await _container
        .GetBlobsByHierarchyAsync(BlobTraits.None, BlobStates.None, "/", prefix, CancellationToken.None)
        .Where(item => item.IsPrefix).Select(item => item.Prefix).ToListAsync());

    /// <summary>Throws the same exceptions as a folder does: the image is gone, or the store is unavailable.</summary>
    private async Task<T> Reaching<T>(Func<Task<T>> act, CancellationToken cancellationToken = default)
    {
        try
        {
            return await act();
        }
        catch (RequestFailedException gone) when (gone.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            await ThrowIfAwayAsync(cancellationToken);
            throw new FileNotFoundException("There is no such blob.", gone);
        }
        catch (Exception away) when (away is RequestFailedException or AggregateException or AuthenticationFailedException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException($"The image store {Name} is away.", away);
        }
    }

    private static BlobContainerClient Connect(string[] parts, string name, TimeSpan limitOfATry)
    {
        var options = new BlobClientOptions { Retry = { MaxRetries = 3, Delay = TimeSpan.FromSeconds(0.2), MaxDelay = TimeSpan.FromSeconds(1), NetworkTimeout = limitOfATry } };
        try
        {
            return ValueOf(parts, "Endpoint") is { } endpoint
                ? new(new Uri($"{endpoint.TrimEnd('/')}/{name}"), new DefaultAzureCredential(), options)
                : new(string.Join(';', parts.Where(part => !Names(part, "ContainerName"))), name, options);
        }
        catch (FormatException format)
        {
            throw new ArgumentException("ConnectionStrings:images is no connection string of a storage account.", nameof(parts), format);
        }
    }

    private static string? ValueOf(IEnumerable<string> parts, string name) => parts.FirstOrDefault(part => Names(part, name))?[(name.Length + 1)..];

    private static bool Names(string part, string name) => part.StartsWith($"{name}=", StringComparison.OrdinalIgnoreCase);
}
