using Microsoft.Extensions.DependencyInjection;

namespace ImagePrediction.AppHost;

/// <summary>
/// Redis and Postgres as processes of this machine, for when no container engine responds. Everything else sees the same
/// names, connection strings and health checks as with containers.
/// </summary>
internal static class NativeServers
{
    /// <summary>Adds Redis 6.2 or later, without persistence: it holds only expendable data.</summary>
    public static IResourceBuilder<NativeServer> AddNativeRedis(this IDistributedApplicationBuilder builder, string name, string data)
    {
        var server = builder.AddNativeServer(name, "redis", data, out var password);
        server.Resource.ConnectionStringExpression = ReferenceExpression.Create($"{server.Resource.Address},password={password}");
        builder.Services.AddHealthChecks().AddRedis(_ => server.Resource.ConnectionString(), $"{name}_check");
        return server;
    }

    /// <summary>Adds Postgres, with its files in a folder of <paramref name="data"/>.</summary>
    public static IResourceBuilder<NativeServer> AddNativePostgres(this IDistributedApplicationBuilder builder, string name, string data)
    {
        var server = builder.AddNativeServer(name, "postgres", data, out var password);
        var (host, port) = (server.GetEndpoint("tcp").Property(EndpointProperty.Host), server.GetEndpoint("tcp").Property(EndpointProperty.Port));
        server.Resource.ConnectionStringExpression = ReferenceExpression.Create($"Host={host};Port={port};Username=postgres;Password={password}");
        builder.Services.AddHealthChecks().AddNpgSql(_ => server.Resource.ConnectionString() + ";Database=postgres", name: $"{name}_check");
        return server;
    }

    /// <summary>A database that <c>eng/server</c> creates before the server accepts connections.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddDatabase(this IResourceBuilder<NativeServer> server, string name) =>
        server.WithArgs(name).ApplicationBuilder
            .AddConnectionString(name, ReferenceExpression.Create($"{server.Resource};Database={name}"))
            .WithHealthCheck($"{server.Resource.Name}_check").WithParentRelationship(server).WithIconName("Database");

    private static IResourceBuilder<NativeServer> AddNativeServer(
        this IDistributedApplicationBuilder builder, string name, string program, string data, out ParameterResource password)
    {
        var secret = builder.AddParameter($"{name}-password", new PasswordFile(Path.Combine(data, "secrets", $"{name}-password")), secret: true);
        password = secret.Resource;
        var server = builder.AddResource(new NativeServer(name, Path.GetFullPath("../eng/server", builder.AppHostDirectory)))
            // Without a proxy, on a port that it keeps while it is down.
            .WithEndpoint(scheme: "tcp", name: "tcp", isProxied: false)
            .WithEnvironment("PASSWORD", secret)
            .WithHealthCheck($"{name}_check").WithIconName("Database")
            .OnConnectionStringAvailable(async (resource, _, cancellationToken) =>
                resource.Available = await ((IResourceWithConnectionString)resource).GetConnectionStringAsync(cancellationToken));
        return server.WithArgs(program, Path.Combine(data, name), server.GetEndpoint("tcp").Property(EndpointProperty.Port));
    }
}

/// <summary>A server process on this machine, with its connection string.</summary>
internal sealed class NativeServer(string name, string command) : ExecutableResource(name, command, "."), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression { get; set; } = ReferenceExpression.Empty;

    /// <summary>The connection string, once a port is assigned; null before.</summary>
    public string? Available { get; set; }

    public EndpointReferenceExpression Address => new EndpointReference(this, "tcp").Property(EndpointProperty.HostAndPort);

    /// <exception cref="InvalidOperationException">No port is assigned yet.</exception>
    public string ConnectionString() => Available ?? throw new InvalidOperationException($"{Name} has no port yet.");
}
