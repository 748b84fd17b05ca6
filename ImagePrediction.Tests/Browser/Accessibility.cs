using System.Text;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>What axe can tell of who uses the page with a screen reader, a keyboard or weak eyes.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Accessibility(SharedTopology shared, Chromium chromium)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task AxeFindsNothingOnThePage(ColorScheme scheme) =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", async visit =>
        {
            await Visit.ShowsAsync(visit.Page.Locator("#limits"), "JPEG");
            await Visit.AccessibleAsync(visit.Page);

            await visit.ChooseAsync(Photos.Jpeg(320, 240), "garden.jpg");
            await Visit.AnsweredAsync(visit.Card("garden.jpg"));
            await visit.ChooseAsync(Encoding.UTF8.GetBytes("The quick brown fox"), "notes.txt", "text/plain");
            await Visit.ShowsAsync(visit.Card("notes.txt"), "JPEG");
            await Visit.AccessibleAsync(visit.Page);
            await Visit.LargeEnoughAsync(visit.Page);

            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Enlarge garden.jpg" }).ClickAsync();
            await visit.Lightbox.GetByText("Code for this photo").ClickAsync();
            await Visit.AccessibleAsync(visit.Page);
            await Visit.LargeEnoughAsync(visit.Page);
        }, new() { ColorScheme = scheme });

    [Fact]
    public async Task LinksAndButtonsNameTheirPhoto() =>
        await chromium.VisitAsync((await shared.GetAsync()).Api.BaseAddress!, "/", async visit =>
        {
            await visit.ChooseAsync(Photos.Jpeg(320, 240), "garden.jpg");
            await Visit.AnsweredAsync(visit.Card("garden.jpg"));

            foreach (var link in new[] { "Picture", "With boxes", "JSON" })
                await Visit.VisibleAsync(visit.Cards.GetByRole(AriaRole.Link, new() { Name = $"{link}: garden.jpg", Exact = true }));
            foreach (var button in new[] { "Enlarge", "Delete" })
                await Visit.CountAsync(visit.Cards.GetByRole(AriaRole.Button, new() { Name = $"{button} garden.jpg", Exact = true }), 1);
        });
}
