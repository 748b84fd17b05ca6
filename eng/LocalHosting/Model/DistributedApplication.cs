namespace Aspire.Hosting;

/// <summary>A fault in the model or in the machine it runs on; the message says what to do.</summary>
public sealed class DistributedApplicationException(string message) : Exception(message);

/// <summary>The running application: its servers and projects as processes of this machine.</summary>
public sealed class DistributedApplication : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Orchestrator _orchestrator;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly bool _isTesting;
    private readonly Lazy<Task> _disposal;

    internal DistributedApplication(IHost host, DistributedApplicationBuilder builder)
    {
        (_host, _isTesting) = (host, builder.Testing is not null);
        _lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        _orchestrator = new Orchestrator(builder, host.Services);
        _disposal = new Lazy<Task>(EndAsync);
        ResourceCommands = new ResourceCommandService(_orchestrator);
    }

    public IServiceProvider Services => _host.Services;
    public ResourceNotificationService ResourceNotifications => _orchestrator.Notifications;
    public ResourceCommandService ResourceCommands { get; }

    /// <summary>Begins a model.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    /// <summary>Checks the machine and starts every resource; does not wait until they are ready.</summary>
    /// <exception cref="DistributedApplicationException">Something is missing or taken; the message says what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _host.StartAsync(cancellationToken);
        await _orchestrator.StartAsync(cancellationToken);
    }

    /// <summary>Starts, waits for the end (SIGTERM, SIGINT) and stops. A fault is told in one message, with exit code 1.</summary>
    public void Run()
    {
        // The test starts and stops it; the AppHost's Main only has to stay until then.
        if (_isTesting)
            _lifetime.ApplicationStopped.WaitHandle.WaitOne();
        else
            RunAsync().GetAwaiter().GetResult();
    }

    /// <summary>Stops the projects, then the servers, each within its grace period; however often it is called, once.</summary>
    public ValueTask DisposeAsync() => new(_disposal.Value);

    private async Task RunAsync()
    {
        try
        {
            using var hangUp = RunMode.StopOnHangUp(_lifetime);
            await StartAsync();
            _lifetime.ApplicationStopping.WaitHandle.WaitOne();
        }
        catch (DistributedApplicationException exception)
        {
            _orchestrator.Fault ??= exception.Message;
        }
        await DisposeAsync();
        if (_orchestrator.Fault is { } fault)
        {
            await Console.Error.WriteLineAsync(fault);
            Environment.ExitCode = 1;
        }
    }

    private async Task EndAsync()
    {
        await _orchestrator.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }
}
