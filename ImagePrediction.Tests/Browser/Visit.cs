using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>One browser profile at the pages of one server, and what went wrong in it.</summary>
public sealed class Visit
{
    /// <summary>How long an answer may take to show: everything runs on few processors.</summary>
    private const float Patience = 30_000;

    private readonly ConcurrentQueue<string> _faults = [];
    private readonly ConcurrentQueue<IRequest> _requests = [];
    private readonly ConcurrentDictionary<IRequest, bool> _streams = [];
    private readonly Uri _server;

    internal Visit(IBrowserContext context, Uri server)
    {
        Context = context;
        _server = server;
        context.SetDefaultTimeout(Patience);
        context.Request += (_, request) => Note(request);
        context.RequestFinished += (_, request) => _streams.TryRemove(request, out bool _);
        context.RequestFailed += (_, request) => _streams.TryRemove(request, out bool _);
        context.WebError += (_, error) => _faults.Enqueue(error.Error);
        context.Console += (_, message) =>
        {
            // That a request was refused or got no answer is what some tests bring about; the browser notes it by itself.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _faults.Enqueue(message.Text);
        };
    }

    public IBrowserContext Context { get; }

    /// <summary>The tab that was opened first.</summary>
    public IPage Page { get; private set; } = null!;

    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>The cards of the photos, newest first.</summary>
    public ILocator Cards => Page.Locator(".card");

    public ILocator Files => Page.GetByLabel("Choose photos");

    /// <summary>How many event streams are open now, in all tabs.</summary>
    public int OpenStreams => _streams.Count;

    public int Count(string method, string path) => _requests.Count(request => request.Method == method && new Uri(request.Url).AbsolutePath == path);

    /// <summary>Another tab of the same profile.</summary>
    public async Task<IPage> OpenAsync(string path)
    {
        var page = await Context.NewPageAsync();
        Page ??= page;
        await page.GotoAsync(path);
        return page;
    }

    /// <summary>Chooses one photo by the file dialog.</summary>
    public Task ChooseAsync(byte[] content, string name = "photo.jpg", string type = "image/jpeg") =>
        Files.SetInputFilesAsync(new FilePayload { Name = name, MimeType = type, Buffer = content });

    /// <summary>The card of that file.</summary>
    public ILocator Card(string name) => Cards.Filter(new() { Has = Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true }) });

    /// <summary>Waits until the page, or a part of it, shows these words.</summary>
    public static Task ShowsAsync(ILocator where, string words) =>
        Assertions.Expect(where).ToContainTextAsync(words, new() { Timeout = Patience });

    /// <summary>Waits until all that a part of the page says is of this form.</summary>
    public static Task SaysAsync(ILocator where, Regex form) => Assertions.Expect(where).ToHaveTextAsync(form, new() { Timeout = Patience });

    /// <summary>Waits until so many elements are there.</summary>
    public static Task CountAsync(ILocator what, int count) => Assertions.Expect(what).ToHaveCountAsync(count, new() { Timeout = Patience });

    public static Task VisibleAsync(ILocator what) => Assertions.Expect(what).ToBeVisibleAsync(new() { Timeout = Patience });

    /// <summary>Waits until a photo's card tells an answer, whichever, and shows the picture.</summary>
    public static async Task AnsweredAsync(ILocator card)
    {
        await Assertions.Expect(card.GetByRole(AriaRole.Status)).ToHaveTextAsync(Answer.Words, new() { Timeout = Patience });
        await card.ScrollIntoViewIfNeededAsync();
        await VisibleAsync(card.GetByRole(AriaRole.Img));
    }

    /// <summary>Fails, with what and where, if axe finds anything on the page as it is now.</summary>
    public static async Task AccessibleAsync(IPage page)
    {
        var results = await page.RunAxe();
        Assert.Empty(results.Violations.SelectMany(rule => rule.Nodes, (rule, node) => $"{rule.Help}: {node.Html}"));
    }

    private void Note(IRequest request)
    {
        _requests.Enqueue(request);
        var url = new Uri(request.Url);
        if (url.AbsolutePath.EndsWith("/events", StringComparison.Ordinal))
            _streams.TryAdd(request, true);
        if (url.Scheme != "blob" && url.Authority != _server.Authority)
            _faults.Enqueue($"A request to another host: {request.Url}");
    }
}
