using System.Collections.Immutable;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states that a resource goes through.</summary>
public static class KnownResourceStates
{
    public static readonly string Waiting = nameof(Waiting), Starting = nameof(Starting), Running = nameof(Running), Stopping = nameof(Stopping);
    public static readonly string Exited = nameof(Exited), Finished = nameof(Finished), FailedToStart = nameof(FailedToStart);

    /// <summary>The states in which no process of the resource is alive.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}

/// <summary>What waiting does when the awaited resource has failed or was stopped.</summary>
public enum WaitBehavior { WaitOnResourceUnavailable, StopOnResourceUnavailable }

/// <summary>A state, one of <see cref="KnownResourceStates"/>.</summary>
public sealed record ResourceStateSnapshot(string Text);

/// <summary>A property of a resource, for example <c>executable.pid</c>.</summary>
public sealed record ResourcePropertySnapshot(string Name, object? Value);

/// <summary>What is known of one instance of a resource at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    public ResourceStateSnapshot? State { get; init; }
    /// <summary>Null while it is not running.</summary>
    public HealthStatus? HealthStatus { get; init; }
    public ImmutableArray<ResourcePropertySnapshot> Properties { get; init; } = [];
}

/// <summary>A change of one instance; replicas have ids of their own (<c>worker-1</c>, <c>worker-2</c>).</summary>
public sealed record ResourceEvent(IResource Resource, string ResourceId, CustomResourceSnapshot Snapshot)
{
    internal bool IsHealthy => Is(KnownResourceStates.Running) && Snapshot.HealthStatus == HealthStatus.Healthy;

    internal bool Is(params IEnumerable<string> states) => Snapshot.State is { } state && states.Contains(state.Text);
}
