using System.Text;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>The page at <c>/</c>: a photo goes in, the answer comes out.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Home(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public Task AChosenPhotoIsAnsweredAndShown() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(320, 240), "garden.jpg");

        await Visit.AnsweredAsync(visit.Card("garden.jpg"));
    });

    [Fact]
    public async Task APhotoOfADogIsShownWithItsBox()
    {
        var photo = await File.ReadAllBytesAsync(Repository.Shared("dogs", "eval", "000175.webp"), TestContext.Current.CancellationToken);
        await VisitAsync(async visit =>
        {
            await visit.ChooseAsync(photo, "dog.webp", "image/webp");

            await Visit.ShowsAsync(visit.Card("dog.webp"), "Yes, ");
            var picture = (await visit.Cards.GetByRole(AriaRole.Img).BoundingBoxAsync())!;
            var box = (await visit.Cards.Locator(".box").First.BoundingBoxAsync())!;
            Assert.InRange(box.X, picture.X - 1, picture.X + picture.Width);
            Assert.InRange(box.Width, picture.Width / 4, picture.Width + 2);
            await Visit.SaysAsync(visit.Cards.Locator(".box").First, Answer.BoxWords);

            // From here on the picture comes from the server.
            await visit.Page.ReloadAsync();
            await Visit.SaysAsync(visit.Cards.Locator(".box").First, Answer.BoxWords);
        });
    }

    [Fact]
    public Task WhatIsAcceptedIsNamed() => VisitAsync(visit => Visit.ShowsAsync(
        visit.Page.Locator("#limits"), "JPEG, PNG, WebP, GIF, TIFF or AVIF, up to 20 MB each"));

    [Fact]
    public Task ATextFileIsRefusedInTheWordsOfTheServer() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Encoding.UTF8.GetBytes("The quick brown fox"), "notes.txt", "text/plain");

        await Visit.ShowsAsync(visit.Card("notes.txt").GetByRole(AriaRole.Status), "JPEG");
    });

    [Fact]
    public Task ALargeFileThatIsNoPhotoIsRefusedWhileItIsStillBeingSent() => VisitAsync(async visit =>
    {
        using var file = new EmptyFile("backup.bin", 19 << 20);
        await visit.Files.SetInputFilesAsync(file.Path);

        await Visit.ShowsAsync(visit.Card("backup.bin").GetByRole(AriaRole.Status), "JPEG");
    });

    [Fact]
    public Task AFileOverTheLimitIsRefusedBeforeItIsSent() => VisitAsync(async visit =>
    {
        using var file = new EmptyFile("huge.jpg", (20 << 20) + 1);
        await visit.Files.SetInputFilesAsync(file.Path);

        await Visit.ShowsAsync(visit.Card("huge.jpg"), "This file has 20.1 MB; at most 20 MB are accepted. It was not sent.");
        Assert.Equal(0, visit.Count("POST", "/image_prediction"));
    });

    [Fact]
    public Task ManyPhotosAtOnceAreAllAnswered() => VisitAsync(async visit =>
    {
        await visit.Files.SetInputFilesAsync(Enumerable.Range(0, 15).Select(i => new FilePayload
        {
            Name = $"photo {i}.jpg",
            MimeType = "image/jpeg",
            Buffer = Photos.Jpeg(160, 120, seed: i),
        }));

        for (var i = 0; i < 15; i++)
            await Visit.AnsweredAsync(visit.Card($"photo {i}.jpg"));
        Assert.Equal(15, visit.Count("POST", "/image_prediction"));
    });

    [Theory]
    [InlineData("drop", "dropped.jpg")]
    [InlineData("paste", "pasted.jpg")]
    public Task APhotoMayBeDroppedOrPasted(string how, string name) => VisitAsync(async visit =>
    {
        await visit.Page.EvaluateAsync("""
            ([how, name, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name, { type: "image/jpeg" }));
                document.querySelector("main").dispatchEvent(how === "drop"
                    ? new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data })
                    : new ClipboardEvent("paste", { bubbles: true, clipboardData: data }));
            }
            """, new[] { how, name, Convert.ToBase64String(Photos.Jpeg(64, 48)) });

        await Visit.AnsweredAsync(visit.Card(name));
    });

    [Fact]
    public Task ANameIsShownAsItIs() => VisitAsync(async visit =>
    {
        const string Name = "🐕 <img src=x onerror=alert(1)> \"ä\" & co.jpg";
        await visit.ChooseAsync(Photos.Jpeg(64, 48), Name);

        await Visit.AnsweredAsync(visit.Card(Name));
        await visit.Page.ReloadAsync();
        await Visit.AnsweredAsync(visit.Card(Name));
    });

    [Fact]
    public Task OnAPhoneNothingIsWiderThanTheScreen() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(320, 240), "a name that is a good deal longer than any telephone is wide.jpg");
        await Visit.AnsweredAsync(visit.Cards);

        Assert.Equal(360, await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }, new() { ViewportSize = new() { Width = 360, Height = 740 }, ColorScheme = ColorScheme.Dark });

    /// <summary>A file of zeros that takes no room on the disk, in a folder of its own.</summary>
    private sealed class EmptyFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("image-prediction-test-");

        public EmptyFile(string name, long length)
        {
            Path = System.IO.Path.Combine(_folder.FullName, name);
            using var stream = File.Create(Path);
            stream.SetLength(length);
        }

        public string Path { get; }

        public void Dispose() => _folder.Delete(recursive: true);
    }

    private async Task VisitAsync(Func<Visit, Task> visit, BrowserNewContextOptions? options = null) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit, options);
}
