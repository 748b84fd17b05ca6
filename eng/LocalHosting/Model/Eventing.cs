namespace Aspire.Hosting
{
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
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource is about to start.</summary>
    public sealed record BeforeResourceStartedEvent(IResource Resource, IServiceProvider Services);

    /// <summary>A resource is ready for those who wait for it.</summary>
    public sealed record ResourceReadyEvent(IResource Resource, IServiceProvider Services);

    internal sealed record EventAnnotation<T>(Func<T, CancellationToken, Task> Callback) : IResourceAnnotation;
}
