using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ImagePrediction.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImagePrediction.Tests.Hosting.Local;

/// <summary>A process that crashes is started again; one that is stopped stays down until it is started.</summary>
public sealed class RestartTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task AReplicaThatDiesBeforeItIsReadyIsStartedAgainWithGrowingPauses()
    {
        await using var builder = await LoneApiAsync();
        var log = new LogLines(builder.Services);
        var api = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single());
        // The runtime refuses to start with a hook that is not there.
        api.WithEnvironment("DOTNET_STARTUP_HOOKS", "/nowhere/hook.dll");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        string[] expected = ["starting again in 1 s", "starting again in 2 s"];
        await Eventually.GetAsync(() => Task.FromResult(log.Text), text => expected.All(e => text.Contains(e, StringComparison.Ordinal)), TimeSpan.FromSeconds(30));

        // A stop ends the pause as well.
        var clock = Stopwatch.StartNew();
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.StopCommand, Cancellation)).Success);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3));
        Assert.Equal(KnownResourceStates.Exited, await app.ResourceNotifications.WaitForResourceAsync("api", KnownResourceStates.TerminalStates, Cancellation));
    }

    [Fact]
    public async Task AReplicaThatWasReadyIsStartedAgainAtOnceAndOneThatIsStoppedIsNot()
    {
        await using var builder = await LoneApiAsync();
        var log = new LogLines(builder.Services);
        // Ready as soon as it runs: what it needs is not there, and it is not asked.
        foreach (var check in builder.Resources.Single().Annotations.Where(a => a.GetType().Name == "HttpHealthAnnotation").ToList())
            builder.Resources.Single().Annotations.Remove(check);
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        var first = Pid(await app.ResourceNotifications.WaitForResourceHealthyAsync("api", Cancellation));

        using (var process = Process.GetProcessById(first))
            process.Kill();

        var second = Pid(await app.ResourceNotifications.WaitForResourceAsync("api", e => e.Snapshot.Properties.Length > 0 && Pid(e) != first, Cancellation));
        Assert.Contains("ended with exit code 137; starting again at once", log.Text, StringComparison.Ordinal);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.StopCommand, Cancellation)).Success);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(second));
        await Assert.ThrowsAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("api", Cancellation));
    }

    [Fact]
    public async Task HoweverOftenItIsDisposedOfItEndsOnceAndItsFolderIsGone()
    {
        await using var builder = await LoneApiAsync();
        var folder = builder.Configuration["DataDir"]!;
        Assert.False(Directory.Exists(folder));
        var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        Assert.True(Directory.Exists(folder));

        await Task.WhenAll(app.DisposeAsync().AsTask(), app.DisposeAsync().AsTask());
        await app.DisposeAsync();

        Assert.False(Directory.Exists(folder));
    }

    /// <summary>The API alone: no server to start, none to wait for.</summary>
    private static async Task<IDistributedApplicationTestingBuilder> LoneApiAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ImagePrediction_AppHost>(Cancellation);
        foreach (var other in builder.Resources.Where(r => r.Name != "api").ToList())
            builder.Resources.Remove(other);
        var annotations = builder.Resources.Single().Annotations;
        foreach (var annotation in annotations.Where(a => a is WaitAnnotation or EnvironmentCallbackAnnotation).ToList())
            annotations.Remove(annotation);
        return builder;
    }

    private static int Pid(ResourceEvent instance) => (int)instance.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!;
}

/// <summary>What the AppHost logs: in a test that is also where the lines of its processes go.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];

    public LogLines(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(this);

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));

    public void Dispose()
    {
    }
}
