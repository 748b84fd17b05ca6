using Aspire.Hosting.ApplicationModel;
using LocalHosting.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A fault in the model or in the machine it runs on; the message says what to do.</summary>
public class DistributedApplicationException : Exception
{
    public DistributedApplicationException() { }
    public DistributedApplicationException(string message) : base(message) { }
    public DistributedApplicationException(string message, Exception? inner) : base(message, inner) { }
}

/// <summary>The running application: its servers and projects as processes of this machine.</summary>
public sealed class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Orchestrator _orchestrator;
    private readonly bool _isTesting;

    internal DistributedApplication(IHost host, DistributedApplicationBuilder builder)
    {
        _host = host;
        _isTesting = builder.IsTesting;
        _orchestrator = new Orchestrator(builder, host.Services);
        ResourceCommands = new ResourceCommandService(_orchestrator);
    }

    public IServiceProvider Services => _host.Services;
    public ResourceNotificationService ResourceNotifications => _orchestrator.Notifications;
    public ResourceCommandService ResourceCommands { get; }

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    /// <summary>Begins a model.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        new DistributedApplicationBuilder(options.Args ?? []);

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
        var ending = _host.Services.GetRequiredService<IHostApplicationLifetime>();
        if (_isTesting)
        {
            // The test starts and stops it; the AppHost's Main only has to stay until then.
            await Task.Delay(Timeout.Infinite, ending.ApplicationStopped).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return;
        }
        using var hangUp = RunMode.StopOnHangUp(ending);
        try
        {
            await StartAsync(cancellationToken);
            await using (cancellationToken.Register(ending.StopApplication))
                await Task.Delay(Timeout.Infinite, ending.ApplicationStopping).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        catch (DistributedApplicationException exception)
        {
            _orchestrator.Fault ??= exception.Message;
        }
        await StopAsync(CancellationToken.None);
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
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _host.StopAsync();
        _host.Dispose();
    }
}
