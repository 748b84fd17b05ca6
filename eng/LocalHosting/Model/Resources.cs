using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of the application: a server, a database on it, a project, a parameter.</summary>
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

/// <summary>A resource whose endpoints others find by its name.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

/// <summary>A resource that is reached by a connection string.</summary>
public interface IResourceWithConnectionString : IResource
{
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default);
}

/// <summary>The parts of a connection string, given to a process one by one beside it.</summary>
internal interface IConnectionProperties
{
    IEnumerable<(string Key, string Value)> Properties { get; }
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
public sealed class ProjectResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

/// <summary>A server that Aspire runs in a container and this package as a plain process.</summary>
public abstract class ContainerResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public EndpointReference PrimaryEndpoint => new(this, "tcp");
}

/// <summary>A value from configuration (<c>Parameters:name</c>), given, or generated and kept with the data.</summary>
public sealed class ParameterResource(string name, Func<string> value, bool secret = false) : Resource(name)
{
    private readonly Lazy<string> _value = new(value);

    public bool Secret { get; } = secret;

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(ToString());

    public override string ToString() => _value.Value;
}

/// <summary>A Redis server.</summary>
public sealed class RedisResource(string name, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString, IConnectionProperties
{
    internal string Password => password.ToString();

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        new($"{PrimaryEndpoint.Address},password={Password}");

    IEnumerable<(string, string)> IConnectionProperties.Properties =>
    [
        .. PrimaryEndpoint.Properties, ("PASSWORD", Password), ("URI", $"redis://:{Uri.EscapeDataString(Password)}@{PrimaryEndpoint.Address}"),
    ];
}

/// <summary>A Postgres server.</summary>
public sealed class PostgresServerResource(string name, ParameterResource? user, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    internal string User => user?.ToString() ?? "postgres";
    internal string Password => password.ToString();

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new(Connection(null).ConnectionString);

    internal NpgsqlConnectionStringBuilder Connection(string? database) =>
        new() { Host = PrimaryEndpoint.Host, Port = PrimaryEndpoint.Port, Username = User, Password = Password, Database = database };
}

/// <summary>A database on a Postgres server, created when the server is first up.</summary>
public sealed class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource parent)
    : Resource(name), IResourceWithConnectionString, IConnectionProperties
{
    public PostgresServerResource Parent { get; } = parent;
    public string DatabaseName { get; } = databaseName;

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new(Parent.Connection(DatabaseName).ConnectionString);

    IEnumerable<(string, string)> IConnectionProperties.Properties =>
    [
        .. Parent.PrimaryEndpoint.Properties, ("USERNAME", Parent.User), ("PASSWORD", Parent.Password), ("DATABASENAME", DatabaseName),
        ("URI", $"postgresql://{Parent.User}:{Uri.EscapeDataString(Parent.Password)}@{Parent.PrimaryEndpoint.Address}/{DatabaseName}"),
    ];
}
