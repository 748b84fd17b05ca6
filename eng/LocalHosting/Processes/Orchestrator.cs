using System.Collections.Concurrent;

namespace LocalHosting.Processes;

/// <summary>Turns the model into processes and looks after them as a whole.</summary>
internal sealed class Orchestrator(DistributedApplicationBuilder builder, IServiceProvider services) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(IResource, Type), bool> _told = [];

    public DataFolder Data => builder.Data;
    public ResourceNotificationService Notifications { get; } = new();
    public IReadOnlyList<ResourceInstance> Instances { get; private set; } = [];
    /// <summary>Why the application cannot go on.</summary>
    public string? Fault { get; set; }

    /// <summary>Looks at the machine first, so that nothing is started where something is missing.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var why = Path.Combine(builder.AppHostDirectory, "..", "artifacts", "aspire.missing");
        if (builder.Testing is null)
            Console.WriteLine(File.Exists(why) ? (await File.ReadAllTextAsync(why, cancellationToken)).Trim() : "Redis and Postgres run as plain processes, without the Aspire dashboard");
        var instances = new List<ResourceInstance>();
        await Data.OpenAsync();
        foreach (var resource in builder.Resources.OfType<Resource>())
        {
            if (ProgramOf(resource) is not { } program)
                continue;
            await program.CheckMachineAsync();
            Allocate(resource);
            instances.AddRange(Enumerable.Range(0, resource.Replicas).Select(i => new ResourceInstance(resource, i, program, this)));
        }
        cancellationToken.ThrowIfCancellationRequested();
        Instances = instances;
        await Task.WhenAll(instances.Select(i => i.SwitchAsync(stop: false, start: true)));
    }

    /// <summary>Stops projects first, all at once: they hand their work back while the servers are still there.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tier in Instances.GroupBy(i => i.Resource is ContainerResource).OrderBy(g => g.Key))
            await Task.WhenAll(tier.Select(i => i.SwitchAsync(stop: true, start: false)));
        Data.Dispose();
    }

    /// <summary>Calls who asked for this event of the resource, the first time it happens.</summary>
    public async Task TellAsync<T>(Resource resource, T happened, CancellationToken cancellationToken)
    {
        if (!_told.TryAdd((resource, typeof(T)), true))
            return;
        foreach (var subscriber in resource.All<EventAnnotation<T>>())
            await subscriber.Callback(happened, cancellationToken);
    }

    public void Publish(Resource resource, string id, CustomResourceSnapshot snapshot)
    {
        Notifications.Publish(resource, id, snapshot);
        // A database is what its server is.
        foreach (var database in builder.Resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == resource))
            Notifications.Publish(database, database.Name, snapshot);
    }

    public void Log(string id, string line)
    {
        if (builder.Testing is null)
            Console.WriteLine($"[{id}] {line}");
        else
            services.GetRequiredService<ILoggerFactory>().CreateLogger($"{builder.Assembly.GetName().Name}.Resources.{id}").LogInformation("{Line}", line);
    }

    /// <summary>Ends the application: nothing can be done about this while it runs.</summary>
    public void Fail(string message)
    {
        Fault ??= message;
        if (builder.Testing is null)
            services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        else
            Log("apphost", message);
    }

    private ResourceProgram? ProgramOf(Resource resource) => resource switch
    {
        ProjectResource project => new ProjectProgram(project, builder),
        RedisResource redis => new RedisProgram(redis, builder),
        PostgresServerResource postgres => new PostgresProgram(postgres, builder),
        _ => null,
    };

    /// <summary>Gives every replica its ports, once and for all.</summary>
    private void Allocate(Resource resource)
    {
        foreach (var endpoint in resource.All<EndpointAnnotation>())
        {
            endpoint.Preferred = () => Enumerable.Range(0, resource.Replicas).FirstOrDefault(
                i => Notifications.IsHealthy(resource.IdOf(i)));
            if (endpoint.Port is not { } port || resource.Replicas > 1 || builder.Testing is not null)
                endpoint.Ports = [.. Enumerable.Range(0, resource.Replicas).Select(_ => Ports.Free())];
            else if (Ports.IsFree(port))
                endpoint.Ports = [port];
            else
                throw new DistributedApplicationException($"Port {port}, which '{resource.Name}' is to listen on, is in use. Stop what listens there, or take another: ./run --port {port + 1}");
        }
    }
}
