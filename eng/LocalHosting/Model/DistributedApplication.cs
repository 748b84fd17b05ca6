namespace Aspire.Hosting;

/// <summary>A fault in the model or in the machine it runs on; the message says what to do.</summary>
public sealed class DistributedApplicationException(string message) : Exception(message);

/// <summary>The running application: its servers and projects as processes of this machine.</summary>
public sealed class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Orchestrator _orchestrator;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly bool _isTesting;

    internal DistributedApplication(IHost host, DistributedApplicationBuilder builder)
    {
        (_host, _isTesting) = (host, builder.Testing is not null);
        _lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        _orchestrator = new Orchestrator(builder, host.Services);
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

    /// <summary>Stops the projects, then the servers, each within its grace period.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _orchestrator.StopAsync();
        await _host.StopAsync(cancellationToken);
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Starts, waits for the end (SIGTERM, SIGINT) and stops. A fault is told in one message, with exit code 1.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_isTesting)
        {
            // The test starts and stops it; the AppHost's Main only has to stay until then.
            _lifetime.ApplicationStopped.WaitHandle.WaitOne();
            return;
        }
        try
        {
            using var hangUp = RunMode.StopOnHangUp(_lifetime);
            await StartAsync(cancellationToken);
            WaitHandle.WaitAny([cancellationToken.WaitHandle, _lifetime.ApplicationStopping.WaitHandle]);
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

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await _orchestrator.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }
}
