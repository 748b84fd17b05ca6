using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalHosting.Processes;

/// <summary>Turns the model into processes and looks after them as a whole.</summary>
internal sealed class Orchestrator(DistributedApplicationBuilder builder, IServiceProvider services) : IAsyncDisposable
{
    private readonly HashSet<IResource> _ready = [];
    private readonly HashSet<IResource> _started = [];
    private bool _isOpen;

    public IServiceProvider Services => services;
    public DataFolder Data => builder.Data;
    public ResourceNotificationService Notifications { get; } = new();
    public IReadOnlyList<ResourceInstance> Instances { get; private set; } = [];
    /// <summary>Why the application cannot go on.</summary>
    public string? Fault { get; set; }

    public IEnumerable<PostgresDatabaseResource> Databases(IResource server) =>
        builder.Resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == server);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!builder.IsTesting)
            Console.WriteLine(await WhyLocalAsync());
        var programs = builder.Resources.OfType<Resource>().Select(r => (Resource: r, Program: ProgramOf(r))).Where(p => p.Program is not null).ToList();
        foreach (var (resource, _) in programs)
            Allocate(resource);
        await Data.OpenAsync();
        _isOpen = true;
        foreach (var (_, program) in programs)
            await program!.CheckMachineAsync();
        Instances = [.. programs.SelectMany(p => Enumerable.Range(0, ReplicasOf(p.Resource)).Select(i => new ResourceInstance(p.Resource, IdOf(p.Resource, i), i, p.Program!, this)))];
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var instance in Instances)
        {
            if (instance.Resource.All<ExplicitStartupAnnotation>().Any())
                await Notifications.PublishUpdateAsync(instance.Resource, instance.Id, old => old with { State = KnownResourceStates.NotStarted });
            else
                await instance.StartAsync();
        }
    }

    /// <summary>Projects first, all at once: they hand their work back while the servers are still there.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(Instances.Where(i => !i.IsServer).Select(i => i.StopAsync()));
        await Task.WhenAll(Instances.Where(i => i.IsServer).Select(i => i.StopAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_isOpen)
            Data.Dispose();
        _isOpen = false;
    }

    public async Task AwaitDependenciesAsync(Resource resource, CancellationToken cancellationToken)
    {
        foreach (var wait in resource.All<WaitAnnotation>().Where(w => w.Resource is not ParameterResource))
        {
            var found = await Notifications.WaitForResourceAsync(wait.Resource.Name, e => wait.WaitType switch
            {
                WaitType.WaitUntilHealthy => e.IsHealthy,
                WaitType.WaitUntilStarted => e.Is(KnownResourceStates.Running),
                _ => e.Is(KnownResourceStates.TerminalStates),
            }, cancellationToken);
            if (wait.WaitType == WaitType.WaitForCompletion && found.Snapshot.ExitCode != wait.ExitCode)
                throw new DistributedApplicationException($"'{resource.Name}' is not started: '{wait.Resource.Name}' ended with exit code {found.Snapshot.ExitCode}, not {wait.ExitCode}.");
        }
    }

    public Task StartingAsync(IResource resource, CancellationToken cancellationToken) => First(_started, resource)
        ? builder.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken)
        : Task.CompletedTask;

    public Task ReadyAsync(IResource resource, CancellationToken cancellationToken) => First(_ready, resource)
        ? builder.Eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken)
        : Task.CompletedTask;

    public void Log(string id, string line)
    {
        if (!builder.IsTesting)
            Console.WriteLine($"[{id}] {line}");
        else if (services.GetService<ILoggerFactory>() is { } factory)
            factory.CreateLogger($"{builder.Assembly.GetName().Name}.Resources.{id}").LogInformation("{Line}", line);
    }

    /// <summary>Ends the application: nothing can be done about this while it runs.</summary>
    public void Fail(string message)
    {
        Fault ??= message;
        Log("apphost", message);
        if (!builder.IsTesting)
            services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
    }

    private static bool First(HashSet<IResource> seen, IResource resource)
    {
        lock (seen)
            return seen.Add(resource);
    }

    private ResourceProgram? ProgramOf(Resource resource) => resource switch
    {
        ProjectResource project => new ProjectProgram(project, builder),
        RedisResource redis => new RedisProgram(redis, builder),
        PostgresServerResource postgres => new PostgresProgram(postgres, builder),
        _ => null,
    };

    private static int ReplicasOf(Resource resource) => resource.All<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;

    private static string IdOf(Resource resource, int replica) => ReplicasOf(resource) == 1
        ? resource.Name
        : string.Create(CultureInfo.InvariantCulture, $"{resource.Name}-{replica + 1}");

    /// <summary>Gives every replica its ports, once and for all.</summary>
    private void Allocate(Resource resource)
    {
        foreach (var endpoint in resource.All<EndpointAnnotation>())
        {
            var replicas = ReplicasOf(resource);
            endpoint.Preferred = () => Math.Max(0, Enumerable.Range(0, replicas).FirstOrDefault(
                i => Notifications.TryGetCurrentState(IdOf(resource, i), out var state) && state.IsHealthy));
            if (endpoint.Port is not { } port || replicas > 1 || builder.IsTesting)
                endpoint.Ports = [.. Enumerable.Range(0, replicas).Select(_ => Ports.Free())];
            else if (Ports.IsFree(port))
                endpoint.Ports = [port];
            else
                throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture,
                    $"Port {port}, which '{resource.Name}' is to listen on, is in use. Stop what listens there, or take another: ./run --port {port + 1}"));
        }
    }

    private async Task<string> WhyLocalAsync()
    {
        var marker = Path.Combine(builder.AppHostDirectory, "..", "artifacts", "aspire.missing");
        return File.Exists(marker)
            ? (await File.ReadAllTextAsync(marker)).Trim()
            : "Redis and Postgres run as plain processes, without the Aspire dashboard.";
    }
}
