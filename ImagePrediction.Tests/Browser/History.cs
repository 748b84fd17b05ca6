using System.Net;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>What this browser has sent: kept over reloads, in step between tabs, deleted for good.</summary>
[Collection(SharedTopology.Collection)]
public sealed class History(SharedTopology shared, Chromium chromium)
{
    [Fact]
    public Task APhotoIsStillThereAfterAReload() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "kept.jpg");

        await visit.Page.ReloadAsync();
        await Visit.AnsweredAsync(visit.Card("kept.jpg"));
    });

    [Fact]
    public Task TwoTabsShowTheSamePhotosAndLoseNone() => VisitAsync(async visit =>
    {
        var other = await visit.OpenAsync("/");
        await Visit.ShowsAsync(other.Locator("#limits"), "JPEG");
        await Task.WhenAll(
            visit.ChooseAsync(Photos.Jpeg(64, 48, seed: 1), "first.jpg"),
            other.GetByLabel("Choose photos").SetInputFilesAsync(new FilePayload { Name = "second.jpg", MimeType = "image/jpeg", Buffer = Photos.Jpeg(64, 48, seed: 2) }));

        foreach (var tab in new[] { visit.Page, other })
            await Assertions.Expect(tab.Locator(".card").GetByRole(AriaRole.Status)).ToHaveTextAsync([Answer.Words, Answer.Words], new() { Timeout = 30_000 });

        await other.GetByRole(AriaRole.Button, new() { Name = "Delete first.jpg" }).ClickAsync();
        await Visit.CountAsync(visit.Cards, 1);
        await visit.Page.ReloadAsync();
        await Visit.AnsweredAsync(visit.Card("second.jpg"));
    });

    [Fact]
    public Task DeleteByTheKeyboardDeletesOnTheServerToo() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "gone.jpg");
        var id = await IdAsync(visit.Card("gone.jpg"));
        await visit.Page.Clock.InstallAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete gone.jpg" }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(visit.Card("gone.jpg")).ToBeHiddenAsync();
        await Assertions.Expect(visit.Files).ToBeFocusedAsync();
        await Visit.ShowsAsync(visit.Page.Locator("#undo"), "gone.jpg deleted");
        Assert.Equal(0, visit.Count("DELETE", $"/image_prediction/{id}"));

        await visit.Page.Clock.FastForwardAsync(10_000);
        await IsGoneAsync(id);
        await Visit.CountAsync(visit.Cards, 0);
    });

    [Fact]
    public Task ADeletionMayBeUndone() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "regretted.jpg");
        var id = await IdAsync(visit.Card("regretted.jpg"));
        var other = await visit.OpenAsync("/");
        await Visit.CountAsync(other.Locator(".card"), 1);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete regretted.jpg" }).ClickAsync();
        await Assertions.Expect(visit.Card("regretted.jpg")).ToBeHiddenAsync();
        await Visit.CountAsync(other.Locator(".card"), 0);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();

        await Visit.AnsweredAsync(visit.Card("regretted.jpg"));
        await Visit.CountAsync(other.Locator(".card"), 1);
        await visit.Page.ReloadAsync();
        await Visit.AnsweredAsync(visit.Card("regretted.jpg"));
        Assert.Equal(0, visit.Count("DELETE", $"/image_prediction/{id}"));
    });

    [Fact]
    public Task WhatIsDeletedIsDeletedAlsoWhenThePageIsLeftAtOnce() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "left.jpg");
        var id = await IdAsync(visit.Card("left.jpg"));

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete left.jpg" }).ClickAsync();
        await visit.Page.GotoAsync("/operator");

        await IsGoneAsync(id);
    });

    [Fact]
    public Task WhatACrashLeftHiddenIsDeletedWhenThePageIsOpenedAgain() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "crashed.jpg");
        var id = await IdAsync(visit.Card("crashed.jpg"));
        await visit.Page.EvaluateAsync("id => localStorage.setItem(`prediction:${id}`, JSON.stringify({ name: 'crashed.jpg', at: 1, hiddenAt: 1 }))", id);

        await visit.Page.ReloadAsync();
        await IsGoneAsync(id);
        await Visit.CountAsync(visit.Cards, 0);
    });

    [Fact]
    public Task WhatTheHistoryNoLongerKeepsIsSaid() => VisitAsync(async visit =>
    {
        await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
        await visit.Page.EvaluateAsync("for (let i = 0; i < 500; i++) localStorage.setItem(`prediction:${i}`, JSON.stringify({ name: `${i}.jpg`, at: i }))");
        await SendAsync(visit, "one too many.jpg");

        await Visit.ShowsAsync(visit.Page.Locator("#kept"), "This page remembers the newest 500 photos. 1 older one is no longer listed after a reload; the server still has it.");
        Assert.Null(await visit.Page.EvaluateAsync<string?>("localStorage.getItem('prediction:0')"));
    });

    [Fact]
    public Task WhatTheServerHasDeletedAlreadyIsSaidAndForgotten() => VisitAsync(async visit =>
    {
        await SendAsync(visit, "elsewhere.jpg");
        var id = await IdAsync(visit.Card("elsewhere.jpg"));
        using (await (await shared.GetAsync()).Api.DeleteAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken))
            await visit.Page.ReloadAsync();

        await Visit.ShowsAsync(visit.Card("elsewhere.jpg"), "Deleted");
        await visit.Page.ReloadAsync();
        await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
        await Visit.CountAsync(visit.Cards, 0);
    });

    [Fact]
    public Task DeleteAllAsksFirst() => VisitAsync(async visit =>
    {
        foreach (var name in new[] { "one.jpg", "two.jpg" })
            await SendAsync(visit, name);
        var all = visit.Page.Locator("#photos").GetByRole(AriaRole.Button, new() { Name = "Delete all" });
        var question = visit.Page.GetByRole(AriaRole.Dialog);

        await all.ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Keep them" }).ClickAsync();
        await Visit.CountAsync(visit.Cards, 2);

        await all.ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Delete all" }).ClickAsync();
        await Visit.ShowsAsync(visit.Page.Locator("#undo"), "2 photos deleted");
        await visit.Page.ReloadAsync();
        await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
        await Visit.CountAsync(visit.Cards, 0);
    });

    private static async Task SendAsync(Visit visit, string name)
    {
        await visit.ChooseAsync(Photos.Jpeg(64, 48), name);
        await Visit.AnsweredAsync(visit.Card(name));
    }

    private async Task IsGoneAsync(string id)
    {
        var api = (await shared.GetAsync()).Api;
        await Eventually.GetAsync(async () =>
        {
            using var response = await api.GetAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
            return response.StatusCode;
        }, status => status == HttpStatusCode.NotFound);
    }

    private static async Task<string> IdAsync(ILocator card) =>
        (await card.GetByRole(AriaRole.Link, new() { Name = "JSON" }).GetAttributeAsync("href"))!.Split('/')[^1];

    private async Task VisitAsync(Func<Visit, Task> visit) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", visit);
}
