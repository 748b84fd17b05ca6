using ImagePrediction.Images;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Images;

/// <summary>Blobs in Azure's own emulator; each test has a container of its own.</summary>
public sealed class ImageBlobsTests : ImageStoreTests, IClassFixture<Azurite>, IDisposable
{
    private readonly Azurite _azurite;
    private readonly ImageBlobs _images;

    public ImageBlobsTests(Azurite azurite)
    {
        Azurite.SkipUnlessInstalled();
        _azurite = azurite;
        _images = new(azurite.ConnectionString($"test-{Guid.NewGuid():N}"));
    }

    private protected override ImageStore Store => _images;

    [Theory]
    [InlineData("Endpoint=https://example.blob.core.windows.net/")]
    [InlineData("ContainerName=images")]
    [InlineData("UseDevelopmentStorage")]
    public void AConnectionStringThatNamesNoContainerOrNoAccountIsRefusedAtTheStart(string connectionString) =>
        Assert.ThrowsAny<ArgumentException>(() => new ImageBlobs(connectionString));

    [Fact]
    public void UploadsUnderWayGoWithTheProcess()
    {
        using var images = new ImageBlobs(_azurite.ConnectionString("images"));
        var upload = images.Begin();
        images.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(upload.Path)));
    }

    public void Dispose() => _images.Dispose();

    private protected override async Task<IAsyncDisposable> TakeAwayAsync() => await _azurite.TakeAwayAsync();
}
