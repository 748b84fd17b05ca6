using Microsoft.Extensions.Hosting;

namespace ImagePrediction.AppHost;

/// <summary>
/// Stops the services before the servers, where Aspire stops all at once: they hand back what they hold while Postgres and
/// Redis are still there.
/// </summary>
internal sealed class OrderlyStop(DistributedApplicationModel model, ResourceCommandService commands) : IHostedService
{
    private int _stops;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Aspire's testing host stops twice; the second time nobody is left who could stop anything.
        if (Interlocked.Increment(ref _stops) > 1)
            return;
        await StopAllAsync<ProjectResource>(cancellationToken);
        await StopAllAsync<NativeServer>(cancellationToken);
    }

    private async Task StopAllAsync<T>(CancellationToken cancellationToken) where T : IResource => await Task.WhenAll(model.Resources.OfType<T>()
        .Select(resource => commands.ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, cancellationToken)));
}
