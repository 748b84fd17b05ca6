namespace Aspire.Hosting.ApplicationModel;

/// <summary>The commands that every process has.</summary>
public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start", StopCommand = "stop", RestartCommand = "restart";
}

/// <summary>The outcome of a command.</summary>
public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }
}

/// <summary>Starts, stops and restarts resources; ports, passwords and data stay.</summary>
public sealed class ResourceCommandService
{
    private readonly Orchestrator _orchestrator;

    internal ResourceCommandService(Orchestrator orchestrator) => _orchestrator = orchestrator;

    /// <summary>Runs a command on one instance; the bare name of a resource with replicas is refused.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(i => string.Equals(i.Id, resourceId, StringComparison.OrdinalIgnoreCase), commandName, cancellationToken);

    /// <summary>Runs a command on every instance of a resource.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(i => i.Resource == resource, commandName, cancellationToken);

    private async Task<ExecuteCommandResult> ExecuteAsync(Func<ResourceInstance, bool> isMeant, string command, CancellationToken cancellationToken)
    {
        var targets = _orchestrator.Instances.Where(isMeant).ToList();
        if (targets.Count == 0 || command is not ("start" or "stop" or "restart"))
            return new() { Success = false };
        await Task.WhenAll(targets.Select(i => i.SwitchAsync(stop: command != "start", start: command != "stop"))).WaitAsync(cancellationToken);
        return new() { Success = true };
    }
}
