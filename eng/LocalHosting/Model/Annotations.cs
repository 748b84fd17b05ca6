namespace Aspire.Hosting.ApplicationModel;

/// <summary>Names an endpoint of a resource, also before its port is known.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
{
    public string Host => "localhost";
    /// <exception cref="InvalidOperationException">The application has not started yet.</exception>
    public int Port => PortOf(Annotation.Preferred());
    /// <exception cref="InvalidOperationException">The application has not started yet.</exception>
    public string Url => UrlOf(Annotation.Preferred());

    internal string Address => $"{Host}:{Port}";

    internal IEnumerable<(string, string)> Properties => [("HOST", Host), ("PORT", $"{Port}")];

    private EndpointAnnotation Annotation => owner.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.Name == endpointName)
        ?? throw new InvalidOperationException($"Resource '{owner.Name}' has no endpoint '{endpointName}'.");

    internal string UrlOf(int replica) => $"{endpointName}://{Host}:{PortOf(replica)}";

    private int PortOf(int replica) => Annotation.Ports.Length > 0 ? Annotation.Ports[replica]
        : throw new InvalidOperationException($"Endpoint '{endpointName}' of '{owner.Name}' has no port before the application starts.");
}

/// <summary>An endpoint, called after its scheme; its ports are known once the application starts and stay the same over restarts.</summary>
public sealed record EndpointAnnotation(string Name) : IResourceAnnotation
{
    /// <summary>The port asked for; null: a free one.</summary>
    public int? Port { get; init; }
    /// <summary>Where it listens: this machine alone, or an address such as <c>0.0.0.0</c>.</summary>
    public string TargetHost { get; set; } = "localhost";
    /// <summary>One port a replica.</summary>
    internal int[] Ports { get; set; } = [];
    /// <summary>The replica that clients outside the model are sent to: the first healthy one.</summary>
    internal Func<int> Preferred { get; set; } = () => 0;

    internal string ListenUrl(int replica) => $"{Name}://{TargetHost}:{Ports[replica]}";
}

/// <summary>Sets environment variables of a resource each time it starts.</summary>
public sealed record EnvironmentCallbackAnnotation(Func<IDictionary<string, string?>, CancellationToken, Task> Callback) : IResourceAnnotation;

/// <summary>Holds a resource back until another is healthy.</summary>
public sealed record WaitAnnotation(IResource Resource) : IResourceAnnotation;

/// <summary>The number of processes of a project.</summary>
internal sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

internal sealed record HttpHealthAnnotation(string Path) : IResourceAnnotation;

internal sealed record VolumeAnnotation(string Name) : IResourceAnnotation;

internal sealed record EventAnnotation<T>(Func<T, CancellationToken, Task> Callback) : IResourceAnnotation;

/// <summary>A resource is about to start.</summary>
public sealed record BeforeResourceStartedEvent(IResource Resource);

/// <summary>A resource is ready for those who wait for it.</summary>
public sealed record ResourceReadyEvent(IResource Resource);
