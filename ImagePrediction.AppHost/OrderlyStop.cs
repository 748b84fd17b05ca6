using Microsoft.Extensions.Hosting;

namespace ImagePrediction.AppHost;

/// <summary>
/// Stops the services before the servers, so that they can hand back their tasks while Postgres and Redis are still running.
/// Aspire stops everything at once.
/// </summary>
internal sealed class OrderlyStop(DistributedApplicationModel model, ResourceCommandService commands) : IHostedService
{
    private int _stops;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Aspire's testing host stops twice; the second time nothing is left that could stop a resource.
        if (Interlocked.Increment(ref _stops) > 1)
            return;
        await StopAllAsync<ProjectResource>(cancellationToken);
        await StopAllAsync<NativeServer>(cancellationToken);
    }

    private async Task StopAllAsync<T>(CancellationToken cancellationToken) where T : IResource => await Task.WhenAll(model.Resources.OfType<T>()
        .Select(resource => commands.ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, cancellationToken)));
}
