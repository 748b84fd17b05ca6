using System.Buffers;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace ImagePrediction.Images;

/// <summary>
/// Images as block blobs in a container of Azure Storage, which the first upload makes if it is missing. A blob appears
/// at once and whole, and is durable when the upload returns.
/// </summary>
public sealed class ImageBlobs : ImageStore, IDisposable
{
    private static readonly BlobUploadOptions InOneRequest = new() { TransferOptions = new() { InitialTransferSize = 256 << 20, MaximumConcurrency = 1 } };

    // Well below the time that a worker gives a task, so that a store that hangs is not taken for an image that does.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(15);

    private readonly BlobContainerClient _container;
    private readonly BlobContainerClient _uploads;

    /// <summary>Names the store; nothing is connected yet.</summary>
    /// <param name="connectionString">
    /// As Aspire writes it: <c>Endpoint=URL;ContainerName=NAME</c>, then the process' own Azure identity logs in, or a
    /// storage account's connection string with <c>;ContainerName=NAME</c>.
    /// </param>
    /// <exception cref="ArgumentException">It names no container, or is none of the two.</exception>
    public ImageBlobs(string connectionString) : base(Path.Combine(Path.GetTempPath(), $"uploads-{Guid.NewGuid():N}"))
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var name = ValueOf(parts, "ContainerName") ?? throw new ArgumentException("ConnectionStrings:images has no ContainerName=….", nameof(connectionString));
        _container = Connect(parts, name, TimeSpan.FromSeconds(5));
        _uploads = Connect(parts, name, TimeSpan.FromMinutes(1)); // for the whole body, which may be large and the line slow
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
        var stream = await BlobOf(id).OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellationToken);
        // The first megabytes come with the first byte: what fails does so here, before anything of the answer is sent.
        _ = await stream.ReadAsync(new byte[1], cancellationToken);
        stream.Position = 0;
        return stream;
    }, cancellationToken);

    /// <inheritdoc/>
    public override Task DeleteAsync(Guid id) => Reaching(async () => await BlobOf(id).DeleteIfExistsAsync());

    /// <inheritdoc/>
    public override Task ThrowIfAwayAsync(CancellationToken cancellationToken) => Reaching<bool>(async () =>
        await _container.ExistsAsync(cancellationToken) || await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken) is not null,
        cancellationToken);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<string> DaysBefore(DateTimeOffset before)
    {
        await ThrowIfAwayAsync(CancellationToken.None);
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

    /// <summary>Removes the uploads that were still under way.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Incoming))
            Directory.Delete(Incoming, recursive: true);
    }

    internal override async Task KeepAsync(FileStream file, string path, Guid id)
    {
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.Asynchronous);
        await Reaching(async () =>
        {
            try
            {
                return await _uploads.GetBlobClient(NameOf(id)).UploadAsync(content, InOneRequest);
            }
            catch (RequestFailedException failed) when (failed.ErrorCode == BlobErrorCode.ContainerNotFound)
            {
                await _container.CreateIfNotExistsAsync();
                content.Position = 0;
                return await _uploads.GetBlobClient(NameOf(id)).UploadAsync(content, InOneRequest);
            }
        });
    }

    /// <inheritdoc/>
    protected override void MakeFolder(string folder)
    {
        // Nobody else on this machine is to see what is uploaded.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private BlobClient BlobOf(Guid id) => _container.GetBlobClient(NameOf(id));

    private Task<List<string>> FoldersAsync(string prefix) => Reaching(async () => await _container
        .GetBlobsByHierarchyAsync(BlobTraits.None, BlobStates.None, "/", prefix, CancellationToken.None)
        .Where(item => item.IsPrefix).Select(item => item.Prefix).ToListAsync());

    /// <summary>Says the same of a failure as a folder would: an image is gone, or the store is away.</summary>
    private async Task<T> Reaching<T>(Func<Task<T>> act, CancellationToken cancellationToken = default)
    {
        try
        {
            return await act();
        }
        catch (RequestFailedException gone) when (gone.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            throw new FileNotFoundException("There is no such blob.", gone);
        }
        catch (Exception away) when (away is RequestFailedException or AggregateException or AuthenticationFailedException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException($"The image store {_container.Uri.GetLeftPart(UriPartial.Path)} is away.", away);
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
