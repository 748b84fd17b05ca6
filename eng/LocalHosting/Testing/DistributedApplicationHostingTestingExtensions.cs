using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Testing;

/// <summary>Ways from a test into the running application.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client of the first healthy replica; name the endpoint (<c>http</c>).</summary>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = app.GetEndpoint(resourceName, endpointName);
        return client;
    }

    /// <exception cref="ArgumentException">There is no such resource, or it does not listen.</exception>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var resource = app.Find(resourceName) as IResourceWithEndpoints
            ?? throw new ArgumentException($"Resource '{resourceName}' has no endpoints.", nameof(resourceName));
        return new Uri(new EndpointReference(resource, endpointName ?? "http").Url);
    }

    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        app.Find(resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' has no connection string.", nameof(resourceName));

    private static IResource Find(this DistributedApplication app, string name) =>
        app.Services.GetRequiredService<DistributedApplicationModel>().Resources
            .FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no resource '{name}'.", nameof(name));
}
