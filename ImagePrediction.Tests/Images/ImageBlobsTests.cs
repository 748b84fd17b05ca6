using ImagePrediction.Images;
using ImagePrediction.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ImagePrediction.Tests.Images;

/// <summary>Blobs in Azure's own emulator; each test has a container of its own.</summary>
public sealed class ImageBlobsTests : ImageStoreTests, IClassFixture<Azurite>
{
    private readonly Azurite _azurite;
    private readonly ImageBlobs _images;

    public ImageBlobsTests(Azurite azurite)
    {
        Azurite.SkipUnlessInstalled();
        _azurite = azurite;
        _images = new(azurite.ConnectionString($"test-{Guid.NewGuid():N}"));
        _images.MarkAsync(Guid.NewGuid(), CancellationToken.None).GetAwaiter().GetResult();
    }

    private protected override ImageStore Store => _images;

    [Theory]
    [InlineData("Endpoint=https://example.blob.core.windows.net/")]
    [InlineData("ContainerName=images")]
    [InlineData("UseDevelopmentStorage")]
    [InlineData("AccountName=images;ContainerName=images")]
    public void AConnectionStringThatNamesNoContainerOrNoAccountIsRefusedAtTheStart(string connectionString) =>
        Assert.ThrowsAny<ArgumentException>(() => new ImageBlobs(connectionString));

    [Fact]
    public async Task AContainerWithoutAMarkIsNoStoreAndNothingIsPutThere()
    {
        var empty = new ImageBlobs(_azurite.ConnectionString($"test-{Guid.NewGuid():N}"));
        await using var incoming = empty.Begin();
        incoming.Append([1]);
        Assert.IsNotType<FileNotFoundException>(await Assert.ThrowsAnyAsync<IOException>(() => incoming.KeepAsAsync(Guid.CreateVersion7())));
        Assert.Null(await empty.FindMarkAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UploadsThatAKilledProcessLeftBehindAreRemoved()
    {
        await using var begun = _images.Begin();
        var folder = $"{Path.GetDirectoryName(begun.Path)}left"; // of another process
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "upload"), [1], TestContext.Current.CancellationToken);
        _images.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.True(Directory.Exists(folder));
        File.SetLastWriteTimeUtc(Path.Combine(folder, "upload"), DateTime.UtcNow.AddDays(-2));

        _images.DeleteAbandonedUploads(DateTimeOffset.UtcNow.AddDays(-1));

        Assert.False(Directory.Exists(folder));
        Assert.True(File.Exists(begun.Path));
    }

    [Fact]
    public async Task NobodyElseOnTheMachineSeesWhatIsUploaded()
    {
        await using var incoming = _images.Begin();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(Path.GetDirectoryName(incoming.Path)!).UnixFileMode);
    }

    [Fact]
    public async Task AStoreThatSendsAByteASecondIsAwayWellBeforeTheImageWouldBeBlamed()
    {
        await using var server = WebApplication.CreateSlimBuilder().Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/{**blob}", async (HttpContext context) =>
        {
            context.Response.ContentLength = 1000;
            context.Response.Headers.ETag = "\"1\"";
            // Always in time for the client's next read, and never done.
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
            do
            {
                await context.Response.Body.WriteAsync(new byte[1], context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
            while (await second.WaitForNextTickAsync(context.RequestAborted));
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        var images = new ImageBlobs($"AccountName=x;AccountKey=eA==;BlobEndpoint={server.Urls.Single()}/x;ContainerName=images");

        var reading = Task.Run(() => images.Read(Guid.CreateVersion7()), TestContext.Current.CancellationToken);
        Assert.IsNotType<FileNotFoundException>(await Assert.ThrowsAnyAsync<IOException>(() => reading.WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken)));
    }

    private protected override async Task<IAsyncDisposable> TakeAwayAsync() => await _azurite.TakeAwayAsync();
}
