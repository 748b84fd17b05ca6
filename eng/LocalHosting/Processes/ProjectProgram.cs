using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LocalHosting.Processes;

/// <summary>A project: its built DLL, run by <c>dotnet</c> in the project's folder.</summary>
internal sealed class ProjectProgram(ProjectResource resource, DistributedApplicationBuilder builder) : ResourceProgram(builder)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    // The AppHost's own settings, which are not its projects'.
    private static readonly string[] Withheld = ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    private readonly string _project = resource.All<IProjectMetadata>().First().ProjectPath;

    public override TimeSpan Grace => TimeSpan.FromSeconds(6);
    public override bool MayFinish => true;

    private string Library => Builder.Metadata($"dll:{_project}") ?? "";

    public override Task CheckMachineAsync() => File.Exists(Library) ? Task.CompletedTask
        : throw new DistributedApplicationException($"{resource.Name} is not built. Build it: dotnet build '{_project}'");

    public override async Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(_project)!;
        var environment = Withheld.ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in LaunchSettings.Read(folder, Environment.GetEnvironmentVariable("DOTNET_LAUNCH_PROFILE")))
            environment[name] = value;
        environment["OTEL_SERVICE_NAME"] = resource.Name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={resource.Name}-{Guid.NewGuid().ToString("N")[..8]}";
        environment["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        environment["ASPNETCORE_URLS"] = string.Join(';', resource.All<EndpointAnnotation>().Select(e => e.ListenUrl(replica)));
        foreach (var annotation in resource.All<EnvironmentCallbackAnnotation>())
            await annotation.Callback(environment, cancellationToken);
        var dotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return new Command(dotnet, [Library], folder) { Environment = environment };
    }

    protected override async Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken)
    {
        foreach (var check in resource.All<HttpHealthAnnotation>())
        {
            using var answer = await Http.GetAsync(new EndpointReference(resource, "http").UrlOf(replica) + check.Path, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.OK)
                return false;
        }
        return true;
    }
}

/// <summary>Properties/launchSettings.json.</summary>
internal static class LaunchSettings
{
    /// <summary>The environment of the project's profile of this name, or else of its first one.</summary>
    public static Dictionary<string, string?> Read(string projectFolder, string? profileName)
    {
        var file = Path.Combine(projectFolder, "Properties", "launchSettings.json");
        if (!File.Exists(file))
            return [];
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        var profiles = JsonNode.Parse(File.ReadAllText(file), null, options)?["profiles"] as JsonObject ?? [];
        var profile = profiles[profileName ?? ""] ?? profiles.Select(p => p.Value).FirstOrDefault(p => (string?)p?["commandName"] == "Project");
        return (profile?["environmentVariables"] as JsonObject ?? []).ToDictionary(v => v.Key, v => (string?)v.Value);
    }
}
