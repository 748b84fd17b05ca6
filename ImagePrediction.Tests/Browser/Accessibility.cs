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
            await Visit.AccessibleAsync(visit.Page);
        }, new() { ColorScheme = scheme });
}
