namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's model in the hands of a test.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
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
        where TEntryPoint : class => await new TestingSession(typeof(TEntryPoint).Assembly).StartAsync(args, cancellationToken);
}

/// <summary>Ways from a test into the running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client of the first healthy replica.</summary>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string endpointName) =>
        new() { BaseAddress = app.GetEndpoint(resourceName, endpointName) };

    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string endpointName) =>
        new(new EndpointReference(app.Find<IResourceWithEndpoints>(resourceName), endpointName).Url);

    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        app.Find<IResourceWithConnectionString>(resourceName).GetConnectionStringAsync(cancellationToken);

    private static T Find<T>(this DistributedApplication app, string name) => app.Services.GetRequiredService<DistributedApplicationModel>().Resources
        .Where(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)).OfType<T>().FirstOrDefault()
        ?? throw new ArgumentException($"There is no {typeof(T).Name} '{name}'.", nameof(name));
}
