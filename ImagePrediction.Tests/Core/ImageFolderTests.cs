using ImagePrediction.Images;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Core;

public sealed class ImageFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("images-").FullName;
    private readonly ImageFolder _images;

    public ImageFolderTests() => _images = new(Options.Create(new ImageOptions { Folder = _root }));

    [Fact]
    public async Task AKeptImageIsReadBackWholeFromTheFolderOfItsDay()
    {
        var id = Guid.CreateVersion7(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero));
        await KeepAsync(id, [1, 2, 3]);

        using var bytes = _images.Read(id);
        Assert.Equal([1, 2, 3], bytes.Memory.ToArray());
        Assert.True(File.Exists(Path.Combine(_root, "2026", "02", "03", id.ToString())));
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
    public async Task AnUploadThatIsNotKeptLeavesNothing()
    {
        await using (var incoming = _images.Begin())
            incoming.Append([1, 2, 3]);
        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task AMissingImageIsToldFromAMissingStore()
    {
        await KeepAsync(Guid.CreateVersion7(), [1]); // the first upload makes the store
        Action[] reads = [() => _images.Read(Guid.CreateVersion7()), () => _images.OpenRead(Guid.CreateVersion7())];
        Assert.All(reads, read => Assert.Throws<FileNotFoundException>(read));
        Directory.Delete(_root, recursive: true);
        Assert.All(reads, read => Assert.IsNotType<FileNotFoundException>(Assert.ThrowsAny<IOException>(read)));
    }

    [Fact]
    public async Task AnImageBeingSentCanBeDeletedAndIsStillSentWhole()
    {
        var id = Guid.CreateVersion7();
        await KeepAsync(id, [1, 2, 3]);
        await using var file = _images.OpenRead(id);
        _images.Delete(id);
        using var sent = new MemoryStream();
        await file.CopyToAsync(sent, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], sent.ToArray());
    }

    [Fact]
    public async Task TheSweepSeesOnlyImagesOfEarlierDays()
    {
        var now = DateTimeOffset.UtcNow;
        var old = Guid.CreateVersion7(now.AddDays(-3));
        await KeepAsync(old, [1]);
        await KeepAsync(Guid.CreateVersion7(now), [1]);

        var day = Assert.Single(_images.DaysBefore(now.AddDays(-1)));
        Assert.Equal([old], _images.List(day));
        _images.Delete(old);
        Assert.Empty(_images.List(day));
    }

    [Fact]
    public async Task UploadsAbandonedByADeadApiAreRemovedAndOthersStay()
    {
        await using var upload = _images.Begin();
        _images.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.True(File.Exists(upload.Path));
        _images.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(1));
        Assert.False(File.Exists(upload.Path));
    }

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    private async Task KeepAsync(Guid id, byte[] content)
    {
        await using var incoming = _images.Begin();
        incoming.Append(content);
        await incoming.KeepAsAsync(id);
    }
}
