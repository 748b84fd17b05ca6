using ImagePrediction.Tests.Browser;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace ImagePrediction.Tests.Browser;

/// <summary>The browser of this machine, started when the first test asks; every visit is a profile of its own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly Lazy<Task<IPlaywright>> _playwright = new(Playwright.CreateAsync);
    private readonly Lazy<Task<IBrowser>> _browser;

    public Chromium() => _browser = new(StartAsync);

    /// <summary>
    /// Opens a page of that server, does the visit, then fails if a script failed, the page broke its own policy or asked another host.
    /// </summary>
    public async Task VisitAsync(Uri server, string path, Func<Visit, Task> visit, BrowserNewContextOptions? options = null)
    {
        Assert.SkipUnless(Find() is not null, $"None of {string.Join(", ", Names)} is on the PATH");
        options ??= new();
        options.BaseURL = server.ToString();
        await using var context = await (await _browser.Value).NewContextAsync(options);
        var visitor = new Visit(context, server);
        await visitor.OpenAsync(path);
        await visit(visitor);
        Assert.Empty(visitor.Faults);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated)
            await (await _browser.Value).CloseAsync();
        if (_playwright.IsValueCreated)
            (await _playwright.Value).Dispose();
    }

    private async Task<IBrowser> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(30_000);
        return await (await _playwright.Value).Chromium.LaunchAsync(new() { ExecutablePath = Find(), Args = Arguments });
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
