using System.Collections.ObjectModel;
using System.Globalization;
using LocalHosting;
using Npgsql;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Marks what can be attached to a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The annotations of a resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>A part of the application: a server, a database on it, a project, a parameter.</summary>
public interface IResource
{
    string Name { get; }
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>A resource that takes environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that takes command line arguments.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>A resource that can wait for others before it starts.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource that listens.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource whose endpoints others find by its name.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

/// <summary>A resource that lives inside another.</summary>
public interface IResourceWithParent<out T> : IResource where T : IResource
{
    T Parent { get; }
}

/// <summary>A resource that is reached by a connection string.</summary>
public interface IResourceWithConnectionString : IResource
{
    string? ConnectionStringEnvironmentVariable => null;
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default);
}

/// <summary>Base of every resource.</summary>
public abstract class Resource(string name) : IResource
{
    public virtual string Name { get; } = name;
    public virtual ResourceAnnotationCollection Annotations { get; } = [];

    internal IEnumerable<T> All<T>() => Annotations.OfType<T>();
}

/// <summary>A project of the solution, run from its built DLL.</summary>
public class ProjectResource(string name) : Resource(name),
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

/// <summary>A server that Aspire runs in a container and this package as a plain process.</summary>
public class ContainerResource(string name) : Resource(name),
    IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport;

/// <summary>A value from configuration (<c>Parameters:name</c>), or a generated one that is kept with the data.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false) : Resource(name)
{
    private string? _value;

    public bool Secret { get; } = secret;
    public ParameterDefault? Default { get; set; }

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(Get());

    internal string Get() => _value ??= callback(Default);
}

/// <summary>A Redis server.</summary>
public class RedisResource(string name, ParameterResource password)
    : ContainerResource(name), IResourceWithConnectionString, IConnectionProperties
{
    public ParameterResource PasswordParameter { get; } = password;
    public EndpointReference PrimaryEndpoint => new(this, "tcp");

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port},password={PasswordParameter.Get()}"));

    IEnumerable<(string, string)> IConnectionProperties.Properties =>
    [
        ("HOST", PrimaryEndpoint.Host), ("PORT", PrimaryEndpoint.PortText), ("PASSWORD", PasswordParameter.Get()),
        ("URI", $"redis://:{Uri.EscapeDataString(PasswordParameter.Get())}@{PrimaryEndpoint.Host}:{PrimaryEndpoint.PortText}"),
    ];
}

/// <summary>A Postgres server.</summary>
public class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
    : ContainerResource(name), IResourceWithConnectionString
{
    public EndpointReference PrimaryEndpoint => new(this, "tcp");
    public ParameterResource? UserNameParameter { get; } = userName;
    public ParameterResource PasswordParameter { get; } = password;
    internal string User => UserNameParameter?.Get() ?? "postgres";

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new(Connection(null));

    internal string Connection(string? database) => new NpgsqlConnectionStringBuilder
    {
        Host = PrimaryEndpoint.Host,
        Port = PrimaryEndpoint.Port,
        Username = User,
        Password = PasswordParameter.Get(),
        Database = database,
    }.ConnectionString;
}

/// <summary>A database on a Postgres server, created when the server is first up.</summary>
public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource parent)
    : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString, IConnectionProperties
{
    public PostgresServerResource Parent { get; } = parent;
    public string DatabaseName { get; } = databaseName;

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        new(Parent.Connection(DatabaseName));

    IEnumerable<(string, string)> IConnectionProperties.Properties
    {
        get
        {
            var (at, password) = (Parent.PrimaryEndpoint, Parent.PasswordParameter.Get());
            return
            [
                ("HOST", at.Host), ("PORT", at.PortText), ("USERNAME", Parent.User), ("PASSWORD", password), ("DATABASENAME", DatabaseName),
                ("URI", $"postgresql://{Parent.User}:{Uri.EscapeDataString(password)}@{at.Host}:{at.PortText}/{DatabaseName}"),
            ];
        }
    }
}
