namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint; its ports are known once the application starts and stay the same over restarts.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    public required string Name { get; init; }
    public required string UriScheme { get; init; }
    /// <summary>The port asked for; null: a free one.</summary>
    public int? Port { get; set; }
    public bool IsExternal { get; set; }
    /// <summary>The variable that tells the process its port.</summary>
    internal string? PortVariable { get; set; }
    /// <summary>One port a replica.</summary>
    internal int[] Ports { get; set; } = [];
    /// <summary>The replica that clients outside the model are sent to: the first healthy one.</summary>
    internal Func<int> Preferred { get; set; } = () => 0;
}

/// <summary>Names an endpoint of a resource, also before its port is known.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
{
    public IResourceWithEndpoints Resource { get; } = owner;
    public string EndpointName { get; } = endpointName;
    public string Host => "localhost";
    public bool IsAllocated => Annotation.Ports.Length > 0;
    /// <exception cref="InvalidOperationException">The application has not started yet.</exception>
    public int Port => PortOf(Annotation.Preferred());
    public string Url => UrlOf(Annotation.Preferred());

    internal EndpointAnnotation Annotation => Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.Name == EndpointName)
        ?? throw new InvalidOperationException($"Resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    internal string Address => $"{Host}:{Port}";

    internal IEnumerable<(string, string)> Properties => [("HOST", Host), ("PORT", $"{Port}")];

    public override string ToString() => Url;

    internal int PortOf(int replica) => IsAllocated ? Annotation.Ports[replica]
        : throw new InvalidOperationException($"Endpoint '{EndpointName}' of '{Resource.Name}' has no port before the application starts.");

    internal string UrlOf(int replica) => $"{Annotation.UriScheme}://{Host}:{PortOf(replica)}";
}

/// <summary>What an environment callback is given; the texts of the values are what the process gets.</summary>
public sealed record EnvironmentCallbackContext(DistributedApplicationExecutionContext ExecutionContext, IResource Resource, CancellationToken CancellationToken)
{
    public Dictionary<string, object> EnvironmentVariables { get; } = [];
}

/// <summary>Sets environment variables of a resource each time it starts.</summary>
public sealed record EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> Callback) : IResourceAnnotation;

/// <summary>What a dependency is waited for.</summary>
public enum WaitType { WaitUntilHealthy, WaitForCompletion, WaitUntilStarted }

/// <summary>Holds a resource back until another is healthy, started or has ended.</summary>
public sealed record WaitAnnotation(IResource Resource, WaitType WaitType, int ExitCode = 0) : IResourceAnnotation;

/// <summary>Makes a registered health check part of a resource's health.</summary>
public sealed record HealthCheckAnnotation(string Key) : IResourceAnnotation;

/// <summary>The number of processes of a project.</summary>
public sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

internal sealed record HttpHealthAnnotation(string Path, int Status, string? EndpointName) : IResourceAnnotation;

internal sealed record VolumeAnnotation(string Name) : IResourceAnnotation;
