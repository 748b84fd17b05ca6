using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The present state of every resource instance, and its changes.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChannelWriter<ResourceEvent>> _watchers = [];

    /// <summary>The present state of every instance, then each change as it happens.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_gate)
        {
            foreach (var resourceEvent in _current.Values)
                channel.Writer.TryWrite(resourceEvent);
            _watchers.Add(channel.Writer);
        }
        try
        {
            await foreach (var resourceEvent in channel.Reader.ReadAllAsync(cancellationToken))
                yield return resourceEvent;
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(channel.Writer);
        }
    }

    /// <summary>Waits until an instance of the resource is in one of the states, and says in which.</summary>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default) =>
        (await WaitForResourceAsync(resourceName, e => e.Is(targetStates), cancellationToken)).Snapshot.State!.Text;

    /// <summary>Waits for an instance of the resource of which the predicate holds.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var resourceEvent in WatchAsync(cancellationToken))
        {
            if (string.Equals(resourceEvent.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(resourceEvent))
                return resourceEvent;
        }
        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Waits for the first healthy instance.</summary>
    /// <exception cref="DistributedApplicationException">The resource has failed or was stopped.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    /// <summary>Waits for the first healthy instance; the behaviour says whether a failed or stopped one ends the waiting.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var found = await WaitForResourceAsync(resourceName, e => e.IsHealthy
            || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && e.Is(KnownResourceStates.TerminalStates)), cancellationToken);
        return found.IsHealthy ? found : throw new DistributedApplicationException(
            $"Stopped waiting for '{resourceName}' to become healthy: {found.ResourceId} is {found.Snapshot.State!.Text}.");
    }

    internal bool IsHealthy(string id)
    {
        lock (_gate)
            return _current.GetValueOrDefault(id) is { IsHealthy: true };
    }

    internal void Publish(IResource resource, string id, CustomResourceSnapshot snapshot)
    {
        lock (_gate)
        {
            var changed = _current[id] = new ResourceEvent(resource, id, snapshot);
            foreach (var watcher in _watchers)
                watcher.TryWrite(changed);
        }
    }
}
