using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using LocalHosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's model in the hands of a test.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Runs an AppHost's Main up to its <c>Build</c>: random ports, a temporary data folder that is deleted with the application.</summary>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>The arguments are the AppHost's own, for example <c>--replicas 3</c> or <c>--DataDir PATH</c>.</summary>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var session = new TestingSession(typeof(TEntryPoint).Assembly);
        return new TestingBuilder(await session.StartAsync(args, cancellationToken), session);
    }
}

internal sealed class TestingBuilder(DistributedApplicationBuilder inner, TestingSession session) : IDistributedApplicationTestingBuilder
{
    private DistributedApplication? _application;

    public DistributedApplicationBuilder Inner => inner;
    public ConfigurationManager Configuration => inner.Configuration;
    public string AppHostDirectory => inner.AppHostDirectory;
    public IHostEnvironment Environment => inner.Environment;
    public IServiceCollection Services => inner.Services;
    public IDistributedApplicationEventing Eventing => inner.Eventing;
    public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;
    public IResourceCollection Resources => inner.Resources;

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => inner.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => inner.CreateResourceBuilder(resource);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) =>
        _application = await session.BuildAsync(cancellationToken);

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        session.Abandon();
        if (_application is not null)
            await _application.DisposeAsync();
    }
}
