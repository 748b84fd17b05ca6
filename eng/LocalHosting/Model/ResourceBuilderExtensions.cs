namespace Aspire.Hosting;

/// <summary>What can be said of any resource: environment, references, endpoints, health, waiting.</summary>
public static class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        builder.WithAnnotation(new EnvironmentCallbackAnnotation((variables, _) =>
        {
            variables[name] = value ?? "";
            return Task.CompletedTask;
        }));

    /// <summary>Gives the connection string as <c>ConnectionStrings__name</c> and its parts as <c>NAME_HOST</c>, <c>NAME_PORT</c> ….</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source)
        where TDestination : IResourceWithEnvironment => builder.WithAnnotation(new EnvironmentCallbackAnnotation(async (variables, cancellationToken) =>
        {
            var resource = source.Resource;
            variables[$"ConnectionStrings__{resource.Name}"] = await resource.GetConnectionStringAsync(cancellationToken);
            foreach (var (key, value) in resource.Properties)
                variables[$"{resource.Name.ToUpperInvariant().Replace('-', '_')}_{key}"] = value;
        }));

    public static IResourceBuilder<T> WithHttpEndpoint<T>(this IResourceBuilder<T> builder, int? port = null) where T : IResourceWithEndpoints =>
        builder.WithAnnotation(new EndpointAnnotation("http") { Port = port });

    /// <summary>Changes an endpoint that was added before.</summary>
    public static IResourceBuilder<T> WithEndpoint<T>(this IResourceBuilder<T> builder, string endpointName, Action<EndpointAnnotation> callback) where T : IResourceWithEndpoints
    {
        callback(builder.Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == endpointName));
        return builder;
    }

    /// <summary>Says nothing here: whether an endpoint can be reached from outside is decided where the model is published.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder) where T : IResourceWithEndpoints => builder;

    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name) where T : IResourceWithEndpoints => new(builder.Resource, name);

    /// <summary>A replica is healthy when it answers this path with 200.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string path) where T : IResourceWithEndpoints =>
        builder.WithAnnotation(new HttpHealthAnnotation(path));

    /// <summary>Holds the resource back until an instance of the other one is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResourceWithWaitSupport =>
        builder.WithAnnotation(new WaitAnnotation(dependency.Resource));
}

/// <summary>Subscriptions to what happens to a resource.</summary>
public static class DistributedApplicationEventingExtensions
{
    /// <summary>Called before the first start of the resource, once what it waits for is there.</summary>
    public static IResourceBuilder<T> OnBeforeResourceStarted<T>(
        this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback) where T : IResource =>
        builder.WithAnnotation(new EventAnnotation<BeforeResourceStartedEvent>((e, token) => callback(builder.Resource, e, token)));

    /// <summary>Called when the first instance of the resource is healthy for the first time.</summary>
    public static IResourceBuilder<T> OnResourceReady<T>(
        this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback) where T : IResource =>
        builder.WithAnnotation(new EventAnnotation<ResourceReadyEvent>((e, token) => callback(builder.Resource, e, token)));
}
