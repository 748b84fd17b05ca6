using ImagePrediction.Images;
using ImagePrediction.Tests.Support;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Images;

/// <summary>The folder, and what is true of files only.</summary>
public sealed class ImageFolderTests : ImageStoreTests, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("images-").FullName;
    private readonly ImageFolder _images;

    public ImageFolderTests()
    {
        _images = new(Options.Create(new ImageOptions { Folder = _root }));
        _images.MarkAsync(Guid.NewGuid(), CancellationToken.None).GetAwaiter().GetResult();
    }

    private protected override ImageStore Store => _images;

    [Fact]
    public async Task AnImageIsAFileInTheFolderOfItsDay()
    {
        var id = Guid.CreateVersion7(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero));
        await KeepAsync(id, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(_root, "2026", "02", "03", id.ToString()), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AFolderWithoutItsMarkIsAMountThatIsGoneAndNotAnEmptyStore()
    {
        File.Delete(Assert.Single(Directory.EnumerateFiles(_root, "store-*")));
        await Assert.ThrowsAnyAsync<IOException>(() => _images.ThrowIfAwayAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<IOException>(() => KeepAsync(Guid.CreateVersion7(), [1]));
        Assert.IsNotType<FileNotFoundException>(Assert.ThrowsAny<IOException>(() => _images.Read(Guid.CreateVersion7())));
    }

    [Fact]
    public async Task ManyImagesOfANewDayCanBeKeptAtOnce()
    {
        // Who finds no folder may find it made by another a moment later: seldom, so there are many new days.
        for (var day = 0; day < 100; day++)
        {
            using var together = new Barrier(8);
            var ids = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day))).ToList();
            await Task.WhenAll(ids.Select(id => Task.Factory.StartNew(() =>
            {
                var incoming = _images.Begin();
                incoming.Append(id.ToByteArray());
                together.SignalAndWait(TestContext.Current.CancellationToken);
                incoming.KeepAsAsync(id).GetAwaiter().GetResult();
                incoming.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            foreach (var id in ids)
            {
                using var bytes = _images.Read(id);
                Assert.Equal(id.ToByteArray(), bytes.Memory.ToArray());
            }
        }
    }

    [Fact]
    public async Task AnUploadThatWasKeptStaysAcceptedThoughTheStoreGoesAwayAtOnce()
    {
        var incoming = _images.Begin();
        incoming.Append([1, 2, 3]);
        var id = Guid.CreateVersion7();
        await incoming.KeepAsAsync(id);
        await using (new FolderAway(_root))
            await incoming.DisposeAsync();
        using var read = _images.Read(id);
        Assert.Equal([1, 2, 3], read.Memory.ToArray());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private protected override Task<IAsyncDisposable> TakeAwayAsync() => Task.FromResult<IAsyncDisposable>(new FolderAway(_root));
}
