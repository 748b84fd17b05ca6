using LocalHosting.Processes;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The commands that every process has.</summary>
public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

/// <summary>The outcome of a command.</summary>
public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }
    public string? Message { get; init; }
}

/// <summary>Starts, stops and restarts resources; ports, passwords and data stay.</summary>
public sealed class ResourceCommandService
{
    private readonly Orchestrator _orchestrator;

    internal ResourceCommandService(Orchestrator orchestrator) => _orchestrator = orchestrator;

    /// <summary>Runs a command on one instance; the bare name of a resource with replicas is refused.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resourceId, _orchestrator.Instances.Where(i => string.Equals(i.Id, resourceId, StringComparison.OrdinalIgnoreCase)), commandName, cancellationToken);

    /// <summary>Runs a command on every instance of a resource.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resource.Name, _orchestrator.Instances.Where(i => i.Resource == resource), commandName, cancellationToken);

    private static async Task<ExecuteCommandResult> ExecuteAsync(
        string name, IEnumerable<ResourceInstance> instances, string command, CancellationToken cancellationToken)
    {
        Func<ResourceInstance, Task>? action = command switch
        {
            "start" => i => i.StartAsync(),
            "stop" => i => i.StopAsync(),
            "restart" => i => i.RestartAsync(),
            _ => null,
        };
        var targets = instances.ToList();
        if (action is null || targets.Count == 0)
            return new() { Success = false, Message = action is null ? $"There is no command '{command}'." : $"There is no instance '{name}'." };
        await Task.WhenAll(targets.Select(action)).WaitAsync(cancellationToken);
        return new() { Success = true };
    }
}
