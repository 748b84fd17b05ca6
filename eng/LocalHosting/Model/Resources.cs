using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of the application: a server, a database on it, a project.</summary>
public interface IResource
{
    string Name { get; }
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>Marks what can be attached to a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The annotations of a resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>A resource that takes environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that can wait for others before it starts.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource that listens.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource that is reached by a connection string.</summary>
public interface IResourceWithConnectionString : IResource
{
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default);

    /// <summary>The parts of the connection string, given to a process one by one beside it.</summary>
    internal IEnumerable<(string Key, string Value)> Properties { get; }
}

/// <summary>Base of every resource.</summary>
public abstract class Resource(string name) : IResource
{
    public string Name { get; } = name;
    public ResourceAnnotationCollection Annotations { get; } = [];
    internal int Replicas => All<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;

    internal IEnumerable<T> All<T>() => Annotations.OfType<T>();

    internal string IdOf(int replica) => Replicas == 1 ? Name : $"{Name}-{replica + 1}";
}

/// <summary>A project of the solution, run from its built DLL.</summary>
public sealed class ProjectResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport;

/// <summary>A server that Aspire runs in a container and this package as a plain process.</summary>
public abstract class ContainerResource(string name, Lazy<string> password) : Resource(name), IResourceWithEndpoints, IResourceWithWaitSupport
{
    public EndpointReference PrimaryEndpoint => new(this, "tcp");
    internal string Password => password.Value;
}

/// <summary>A Redis server.</summary>
public sealed class RedisResource(string name, Lazy<string> password) : ContainerResource(name, password), IResourceWithConnectionString
{
    IEnumerable<(string, string)> IResourceWithConnectionString.Properties =>
    [
        .. PrimaryEndpoint.Properties, ("PASSWORD", Password), ("URI", $"redis://:{Uri.EscapeDataString(Password)}@{PrimaryEndpoint.Address}"),
    ];

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        new($"{PrimaryEndpoint.Address},password={Password}");
}

/// <summary>A Postgres server; what uses it refers to one of its databases.</summary>
public sealed class PostgresServerResource(string name, Lazy<string> password) : ContainerResource(name, password)
{
    internal const string User = "postgres";

    internal string Connection(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = PrimaryEndpoint.Host, Port = PrimaryEndpoint.Port, Username = User, Password = Password, Database = database,
    }.ConnectionString;
}

/// <summary>A database on a Postgres server, created when the server is first up.</summary>
public sealed class PostgresDatabaseResource(string name, PostgresServerResource parent) : Resource(name), IResourceWithConnectionString
{
    public PostgresServerResource Parent { get; } = parent;

    IEnumerable<(string, string)> IResourceWithConnectionString.Properties =>
    [
        .. Parent.PrimaryEndpoint.Properties, ("USERNAME", PostgresServerResource.User), ("PASSWORD", Parent.Password), ("DATABASENAME", Name),
        ("URI", $"postgresql://{PostgresServerResource.User}:{Uri.EscapeDataString(Parent.Password)}@{Parent.PrimaryEndpoint.Address}/{Name}"),
    ];

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new(Parent.Connection(Name));
}
