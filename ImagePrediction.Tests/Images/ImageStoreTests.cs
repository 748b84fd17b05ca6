using ImagePrediction.Images;

namespace ImagePrediction.Tests.Images;

/// <summary>What an image store does, wherever it keeps the images.</summary>
public abstract class ImageStoreTests
{
    private protected abstract ImageStore Store { get; }

    /// <summary>Makes the store itself unreachable until the returned object is disposed.</summary>
    private protected abstract Task<IAsyncDisposable> TakeAwayAsync();

    [Fact]
    public async Task AKeptImageIsReadBackWhole()
    {
        var id = Guid.CreateVersion7();
        var content = Bytes(9_000_000, seed: 1);
        await KeepAsync(id, content);

        using (var read = Store.Read(id))
            Assert.True(read.Memory.Span.SequenceEqual(content));
        await using var sent = await Store.OpenReadAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(content.Length, sent.Length);
        sent.Position = 5_000_000;
        var part = new byte[1000];
        await sent.ReadExactlyAsync(part, TestContext.Current.CancellationToken);
        Assert.Equal(content[5_000_000..5_001_000], part);
    }

    [Fact]
    public async Task WhoeverReadsAnImageWhileItIsWrittenFindsNoneOrAllOfIt()
    {
        var id = Guid.CreateVersion7();
        var content = Bytes(4_000_000, seed: 2);
        await KeepAsync(Guid.CreateVersion7(), [1]); // the first upload makes the store
        await using var incoming = Store.Begin();
        incoming.Append(content);
        Assert.Throws<FileNotFoundException>(() => Store.Read(id));

        var keeping = Task.Run(() => incoming.KeepAsAsync(id), TestContext.Current.CancellationToken);
        while (true)
        {
            var kept = keeping.IsCompleted;
            try
            {
                using var read = Store.Read(id);
                Assert.True(read.Memory.Span.SequenceEqual(content));
                break;
            }
            catch (FileNotFoundException)
            {
                Assert.False(kept, "It was kept, and is not there.");
            }
        }
        await keeping;
    }

    [Fact]
    public async Task TheFirstImagesCanBeKeptAtOnce()
    {
        var ids = Enumerable.Range(0, 16).Select(_ => Guid.CreateVersion7()).ToList();
        await Task.WhenAll(ids.Select(id => Task.Run(() => KeepAsync(id, id.ToByteArray()))));
        Assert.All(ids, id =>
        {
            using var read = Store.Read(id);
            Assert.Equal(id.ToByteArray(), read.Memory.ToArray());
        });
    }

    [Fact]
    public async Task AnUploadThatIsNotKeptLeavesNothing()
    {
        string path;
        await using (var incoming = Store.Begin())
        {
            incoming.Append([1, 2, 3]);
            path = incoming.Path;
        }
        Assert.False(File.Exists(path));
        Assert.Empty(await Store.DaysBefore(DateTimeOffset.UtcNow.AddDays(2)).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AKeptUploadLeavesNoTemporaryFile()
    {
        string path;
        await using (var incoming = Store.Begin())
        {
            incoming.Append([1, 2, 3]);
            await incoming.KeepAsAsync(Guid.CreateVersion7());
            path = incoming.Path;
        }
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task ADeletedImageIsGoneAndDeletingNothingIsNoError()
    {
        var id = Guid.CreateVersion7();
        await KeepAsync(id, [1, 2, 3]);
        await Store.DeleteAsync(id);
        Assert.Throws<FileNotFoundException>(() => Store.Read(id));
        await Store.DeleteAsync(id);
        await Store.DeleteAsync(Guid.CreateVersion7());
    }

    [Fact]
    public async Task AnImageBeingSentCanBeDeletedAndIsStillSentWhole()
    {
        var id = Guid.CreateVersion7();
        await KeepAsync(id, [1, 2, 3]);
        await using var image = await Store.OpenReadAsync(id, TestContext.Current.CancellationToken);
        await Store.DeleteAsync(id);
        using var sent = new MemoryStream();
        await image.CopyToAsync(sent, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], sent.ToArray());
    }

    [Fact]
    public async Task AMissingImageIsToldFromAMissingStore()
    {
        await KeepAsync(Guid.CreateVersion7(), [1]); // the first upload makes the store
        await Store.ThrowIfAwayAsync(TestContext.Current.CancellationToken);
        Assert.Throws<FileNotFoundException>(() => Store.Read(Guid.CreateVersion7()));
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenReadAsync(Guid.CreateVersion7(), TestContext.Current.CancellationToken));

        await using var away = await TakeAwayAsync();
        Func<Task>[] acts =
        [
            () => Task.Run(() => Store.Read(Guid.CreateVersion7())), () => Store.OpenReadAsync(Guid.CreateVersion7(), CancellationToken.None),
            () => Store.ThrowIfAwayAsync(CancellationToken.None),
        ];
        foreach (var act in acts)
            Assert.IsNotType<FileNotFoundException>(await Assert.ThrowsAnyAsync<IOException>(act));
    }

    [Fact]
    public async Task TheMarkIsFoundAgainAndIsNoImage()
    {
        var mark = await Store.FindMarkAsync(TestContext.Current.CancellationToken);
        if (mark is null)
            await Store.MarkAsync((mark = Guid.NewGuid()).Value, TestContext.Current.CancellationToken);
        Assert.Equal(mark, await Store.FindMarkAsync(TestContext.Current.CancellationToken));
        Assert.Empty(await Store.DaysBefore(DateTimeOffset.UtcNow.AddDays(2)).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task TheSweepSeesOnlyImagesOfEarlierDays()
    {
        var now = DateTimeOffset.UtcNow;
        var old = Guid.CreateVersion7(now.AddDays(-3));
        await KeepAsync(old, [1]);
        await KeepAsync(Guid.CreateVersion7(now), [1]);

        var day = Assert.Single(await Store.DaysBefore(now.AddDays(-1)).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal([old], await Store.List(day).ToListAsync(TestContext.Current.CancellationToken));
        await Store.DeleteAsync(old);
        Assert.Empty(await Store.List(day).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UploadsAbandonedByADeadApiAreRemovedAndOthersStay()
    {
        await using var upload = Store.Begin();
        Store.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.True(File.Exists(upload.Path));
        Store.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(1));
        Assert.False(File.Exists(upload.Path));
    }

    private protected async Task KeepAsync(Guid id, byte[] content)
    {
        await using var incoming = Store.Begin();
        incoming.Append(content);
        await incoming.KeepAsAsync(id);
    }

    private static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
