using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint of a resource; the ports are known once the application starts and stay the same over restarts.</summary>
[DebuggerDisplay("{Name}")]
public sealed class EndpointAnnotation : IResourceAnnotation
{
    public required string Name { get; init; }
    public required string UriScheme { get; set; }
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

/// <summary>Names an endpoint of a resource before its port is known.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
{
    public IResourceWithEndpoints Resource { get; } = owner;
    public string EndpointName { get; } = endpointName;
    public bool Exists => Find() is not null;
    public bool IsAllocated => Find() is { Ports.Length: > 0 };
    public string Host => "localhost";
    public string Scheme => Annotation.UriScheme;
    /// <exception cref="InvalidOperationException">The application has not started yet.</exception>
    public int Port => PortOf(Math.Min(Annotation.Preferred(), Annotation.Ports.Length - 1));
    public string Url => UrlOf(Port);

    internal EndpointAnnotation Annotation => Find()
        ?? throw new InvalidOperationException($"Resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    internal string PortText => Port.ToString(CultureInfo.InvariantCulture);

    internal IEnumerable<string> Urls => Annotation.Ports.Select(UrlOf);

    internal int PortOf(int replica) => replica >= 0 && replica < Annotation.Ports.Length
        ? Annotation.Ports[replica]
        : throw new InvalidOperationException($"Endpoint '{EndpointName}' of '{Resource.Name}' has no port before the application starts.");

    internal string UrlOf(int port) => string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Host}:{port}");

    private EndpointAnnotation? Find() =>
        Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.Name == EndpointName);
}

/// <summary>What an environment callback is given; values may be strings, endpoints, parameters or connection-string resources.</summary>
public sealed class EnvironmentCallbackContext(
    DistributedApplicationExecutionContext executionContext, IResource resource, Dictionary<string, object> variables, CancellationToken cancellationToken = default)
{
    public Dictionary<string, object> EnvironmentVariables { get; } = variables;
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;
    public IResource Resource { get; } = resource;
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Sets environment variables of a resource each time it starts.</summary>
public sealed class EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) : IResourceAnnotation
{
    public Func<EnvironmentCallbackContext, Task> Callback { get; } = callback;
}

/// <summary>How long a dependency is waited for.</summary>
public enum WaitType { WaitUntilHealthy, WaitForCompletion, WaitUntilStarted }

/// <summary>What waiting does when the awaited resource has failed or was stopped.</summary>
public enum WaitBehavior { WaitOnResourceUnavailable, StopOnResourceUnavailable }

/// <summary>Holds a resource back until another is ready, started or has ended.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
    public WaitType WaitType { get; } = waitType;
    public int ExitCode { get; } = exitCode;
}

/// <summary>Makes a registered health check part of a resource's health.</summary>
public sealed class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}

/// <summary>The number of processes of a project.</summary>
public sealed class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
{
    public int Replicas { get; } = replicas;
}

/// <summary>The resource waits for a <c>start</c> command.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

internal sealed record HttpHealthAnnotation(string Path, int Status, string? EndpointName) : IResourceAnnotation;

internal sealed record ArgumentsAnnotation(IReadOnlyList<string> Arguments) : IResourceAnnotation;

internal sealed record VolumeAnnotation(string Name) : IResourceAnnotation;

internal sealed record PersistenceAnnotation(TimeSpan Interval, long Changes) : IResourceAnnotation;
