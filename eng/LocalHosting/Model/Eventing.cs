namespace Aspire.Hosting.Eventing
{
    using Aspire.Hosting.ApplicationModel;

    /// <summary>Something that happened to the application.</summary>
    public interface IDistributedApplicationEvent;

    /// <summary>Something that happened to a resource.</summary>
    public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
    {
        IResource Resource { get; }
    }

    /// <summary>Subscriptions to events; a publisher waits for its subscribers, one after the other.</summary>
    public interface IDistributedApplicationEventing
    {
        void Subscribe<T>(Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationEvent;
        void Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationResourceEvent;
        Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent;
    }

    internal sealed class DistributedApplicationEventing : IDistributedApplicationEventing
    {
        private readonly List<Func<IDistributedApplicationEvent, CancellationToken, Task>> _subscribers = [];

        public void Subscribe<T>(Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationEvent =>
            _subscribers.Add((e, token) => e is T mine ? callback(mine, token) : Task.CompletedTask);

        public void Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback) where T : IDistributedApplicationResourceEvent =>
            Subscribe<T>((e, token) => e.Resource == resource ? callback(e, token) : Task.CompletedTask);

        public async Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default) where T : IDistributedApplicationEvent
        {
            foreach (var subscriber in _subscribers)
                await subscriber(@event, cancellationToken);
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    using Aspire.Hosting.Eventing;

    /// <summary>An instance is about to start: what it waits for is there.</summary>
    public sealed class BeforeResourceStartedEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;
        public IServiceProvider Services { get; } = services;
    }

    /// <summary>The first instance of a resource is healthy.</summary>
    public sealed class ResourceReadyEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
    {
        public IResource Resource { get; } = resource;
        public IServiceProvider Services { get; } = services;
    }
}

namespace Aspire.Hosting
{
    using Aspire.Hosting.ApplicationModel;

    /// <summary>Subscriptions in the fluent style of the model.</summary>
    public static class DistributedApplicationEventingExtensions
    {
        public static IResourceBuilder<T> OnBeforeResourceStarted<T>(
            this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback) where T : IResource
        {
            builder.ApplicationBuilder.Eventing.Subscribe<BeforeResourceStartedEvent>(builder.Resource, (e, token) => callback(builder.Resource, e, token));
            return builder;
        }

        public static IResourceBuilder<T> OnResourceReady<T>(
            this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback) where T : IResource
        {
            builder.ApplicationBuilder.Eventing.Subscribe<ResourceReadyEvent>(builder.Resource, (e, token) => callback(builder.Resource, e, token));
            return builder;
        }
    }
}
