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
            await Visit.SaysAsync(visit.Cards.Locator(".label").First, Answer.Label);

            // From here on the picture comes from the server.
            await visit.Page.ReloadAsync();
            await Visit.SaysAsync(visit.Cards.Locator(".label").First, Answer.Label);
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

        await Visit.ShowsAsync(visit.Card("huge.jpg"), "This file is 20.1 MB; at most 20 MB are accepted. It was not sent.");
        Assert.Equal(0, visit.Count("POST", "/image_prediction"));
    });

    [Fact]
    public Task ManyPhotosAtOnceAreAllAnswered() => VisitAsync(async visit =>
    {
        await visit.ChooseManyAsync(Enumerable.Range(0, 15).Select(i => $"photo {i}.jpg"));

        for (var i = 0; i < 15; i++)
            await Visit.AnsweredAsync(visit.Card($"photo {i}.jpg"));
        Assert.Equal(15, visit.Count("POST", "/image_prediction"));
    });

    [Fact]
    public Task ManyPhotosAreSmallSortedAndFilteredAndDownloadedAsATable() => VisitAsync(async visit =>
    {
        await visit.ChooseManyAsync(Enumerable.Range(1, 25).Select(i => $"photo {i}.jpg"));
        await visit.ChooseAsync(await File.ReadAllBytesAsync(Sample("dog.jpg"), TestContext.Current.CancellationToken), "a dog.jpg");
        await visit.ChooseAsync(Encoding.UTF8.GetBytes("The quick brown fox"), "notes.txt", "text/plain");
        var filters = visit.Page.GetByRole(AriaRole.Group, new() { Name = "Which photos to show" }).GetByRole(AriaRole.Button);
        await Assertions.Expect(filters.Filter(new() { Visible = true })).ToHaveTextAsync(
            ["27 photos", "1 with a dog", "25 without", "1 failed"], new() { Timeout = 30_000 });
        // Of 27 large ones nine rows would be 3,700 pixels.
        Assert.InRange(await visit.Page.EvaluateAsync<int>("document.documentElement.scrollHeight"), 500, 1500);

        var shown = visit.Cards.Filter(new() { Visible = true });
        await visit.Page.GetByLabel("Sort by").SelectOptionAsync("name");
        await Assertions.Expect(visit.Page.Locator("#cards .name")).ToHaveTextAsync(["a dog.jpg", .. Enumerable.Range(1, 25).Select(i => $"photo {i}.jpg")]);
        await filters.Filter(new() { HasText = "with a dog" }).ClickAsync();
        await Visit.CountAsync(shown, 1);
        await filters.Filter(new() { HasText = "failed" }).ClickAsync();
        await Visit.ShowsAsync(shown, "notes.txt");

        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Download CSV" }).ClickAsync());
        Assert.Equal("photos.csv", download.SuggestedFilename);
        var lines = await File.ReadAllLinesAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Equal(28, lines.Length);
        Assert.StartsWith("a dog.jpg,dog,0.", lines[1], StringComparison.Ordinal);
    });

    [Fact]
    public async Task AFolderMayBeDropped()
    {
        using var folder = new TemporaryFolder();
        var holidays = Directory.CreateDirectory(Path.Combine(folder.Path, "holidays", "spain"));
        await File.WriteAllBytesAsync(Path.Combine(holidays.FullName, "beach.jpg"), Photos.Jpeg(64, 48, seed: 1), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(holidays.Parent!.FullName, "home.jpg"), Photos.Jpeg(64, 48, seed: 2), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(holidays.FullName, "notes.txt"), "Sun", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));
        await VisitAsync(async visit =>
        {
            await DropAsync(visit, holidays.Parent.FullName);
            await Visit.AnsweredAsync(visit.Card("beach.jpg"));
            await Visit.AnsweredAsync(visit.Card("home.jpg"));
            await Visit.CountAsync(visit.Cards, 2);

            await DropAsync(visit, Path.Combine(folder.Path, "empty"));
            await Visit.ShowsAsync(visit.Page.Locator("#refused"), "There are no photos in empty.");
            await visit.ChooseAsync(Photos.Jpeg(64, 48));
            await Assertions.Expect(visit.Page.Locator("#refused")).ToBeEmptyAsync();
        });
    }

    [Fact]
    public async Task APhotoOfAFolderThatCannotBeReadIsNamedAndTheOthersAreTaken()
    {
        using var folder = new TemporaryFolder();
        foreach (var place in new[] { "kept", "gone" })
            await File.WriteAllBytesAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, place)).FullName, $"{place}.jpg"), Photos.Jpeg(64, 48), TestContext.Current.CancellationToken);
        await VisitAsync(async visit =>
        {
            await visit.Page.RouteAsync("**/js/folders.js", async route =>
            {
                Directory.Delete(Path.Combine(folder.Path, "gone"), recursive: true); // dropped, and then removed
                await route.ContinueAsync();
            });
            await DropAsync(visit, Path.Combine(folder.Path, "gone"), Path.Combine(folder.Path, "kept"));

            await Visit.AnsweredAsync(visit.Card("kept.jpg"));
            await Visit.ShowsAsync(visit.Page.Locator("#refused"), "These could not be read: /gone.");
        });
    }

    [Fact]
    public Task APhotoChosenBeforeTheScriptsCameIsNotLost() => VisitAsync(async visit =>
    {
        var held = new TaskCompletionSource();
        await visit.Page.RouteAsync("**/js/home.js", async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        await visit.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.Commit });
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "hasty.jpg");
        held.SetResult();

        await Visit.AnsweredAsync(visit.Card("hasty.jpg"));
    });

    [Fact]
    public Task ASamplePhotoIsAnsweredAtAClick() => VisitAsync(async visit =>
    {
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try a dog beside a bicycle" }).ClickAsync();

        await Visit.ShowsAsync(visit.Card("dog.jpg"), "Yes, ");
    });

    [Fact]
    public Task WhatWasNotSentIsOneLineAndIsRemovedNotDeleted() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Encoding.UTF8.GetBytes("The quick brown fox"), "notes.txt", "text/plain");
        await Visit.ShowsAsync(visit.Page.Locator("#lines"), "JPEG");
        Assert.InRange((await visit.Card("notes.txt").BoundingBoxAsync())!.Height, 24, 80);

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete notes.txt" })).ToHaveCountAsync(0);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Remove notes.txt" }).ClickAsync();
        await Visit.CountAsync(visit.Cards, 0);
    });

    [Fact]
    public Task ACanceledUploadMayBeTriedAgain() => VisitAsync(async visit =>
    {
        await visit.Page.RouteAsync("**/image_prediction", _ => Task.CompletedTask); // which never answers
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "second thoughts.jpg");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel second thoughts.jpg" }).ClickAsync();
        await Visit.ShowsAsync(visit.Card("second thoughts.jpg"), "Canceled");
        await visit.Page.UnrouteAllAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try again second thoughts.jpg" }).ClickAsync();

        await Visit.AnsweredAsync(visit.Card("second thoughts.jpg"));
    });

    [Fact]
    public Task APhoneOffersItsCamera() => VisitAsync(async visit =>
    {
        await Visit.VisibleAsync(visit.Page.GetByText("Take a photo"));
        await visit.Page.GetByLabel("Take a photo").SetInputFilesAsync(new FilePayload { Name = "now.jpg", MimeType = "image/jpeg", Buffer = Photos.Jpeg(64, 48) });

        await Visit.AnsweredAsync(visit.Card("now.jpg"));
    }, new() { ViewportSize = new() { Width = 390, Height = 844 }, HasTouch = true, IsMobile = true });

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
        private readonly TemporaryFolder _folder = new();

        public EmptyFile(string name, long length)
        {
            Path = System.IO.Path.Combine(_folder.Path, name);
            using var stream = File.Create(Path);
            stream.SetLength(length);
        }

        public string Path { get; }

        public void Dispose() => _folder.Dispose();
    }

    private static string Sample(string name) => Path.Combine(Repository.Root, "ImagePrediction.Api", "wwwroot", "samples", name);

    /// <summary>Drops a folder of the disk, as the browser reports one from the desktop.</summary>
    private static async Task DropAsync(Visit visit, params string[] folders)
    {
        await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
        var browser = await visit.Context.NewCDPSessionAsync(visit.Page);
        foreach (var type in new[] { "dragEnter", "dragOver", "drop" })
            await browser.SendAsync("Input.dispatchDragEvent", new()
            {
                ["type"] = type,
                ["x"] = 200,
                ["y"] = 200,
                ["data"] = new { items = Array.Empty<object>(), files = folders, dragOperationsMask = 1 },
            });
    }

    private async Task VisitAsync(Func<Visit, Task> visit, BrowserNewContextOptions? options = null) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit, options);
}
