using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalHosting.Processes;

/// <summary>A project: its built DLL, run by <c>dotnet</c> in the project's folder.</summary>
internal sealed class ProjectProgram(ProjectResource resource, DistributedApplicationBuilder builder) : ResourceProgram(resource, builder)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    // The AppHost's own settings, which are not its projects'.
    private static readonly string[] Withheld = ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    private readonly string _project = resource.All<IProjectMetadata>().First().ProjectPath;

    public override TimeSpan Grace => TimeSpan.FromSeconds(6);
    public override bool MayFinish => true;

    private string Library => Builder.Metadata($"dll:{_project}") ?? "";

    public override Task CheckMachineAsync() => File.Exists(Library)
        ? Task.CompletedTask
        : throw new DistributedApplicationException($"{_project} is not built: dotnet build '{_project}'");

    public override async Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken)
    {
        var environment = Withheld.ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in LaunchProfile())
            environment[name] = value;
        environment["OTEL_SERVICE_NAME"] = resource.Name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={resource.Name}-{Guid.NewGuid().ToString("N")[..8]}";
        environment["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        var urls = new List<string>();
        foreach (var endpoint in Endpoints)
        {
            var reference = new EndpointReference(resource, endpoint.Name);
            var port = reference.PortOf(replica);
            urls.Add(reference.UrlOf(port));
            if (endpoint.PortVariable is { } variable)
                environment[variable] = port.ToString(CultureInfo.InvariantCulture);
        }
        if (urls.Count > 0)
            environment["ASPNETCORE_URLS"] = string.Join(';', urls);
        foreach (var (name, value) in await EnvironmentAsync(cancellationToken))
            environment[name] = value;
        var dotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return new Command(dotnet, [Library, .. resource.All<ArgumentsAnnotation>().SelectMany(a => a.Arguments)], Path.GetDirectoryName(_project)!)
        {
            Environment = environment,
        };
    }

    protected override async Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken)
    {
        foreach (var check in resource.All<HttpHealthAnnotation>())
        {
            var endpoint = new EndpointReference(resource, check.EndpointName ?? Endpoints.First().Name);
            using var answer = await Http.GetAsync(endpoint.UrlOf(endpoint.PortOf(replica)) + check.Path, cancellationToken);
            if ((int)answer.StatusCode != check.Status)
                return false;
        }
        return true;
    }

    /// <summary>The variables of the project's profile that has the name of the AppHost's, or else of its first one.</summary>
    private IEnumerable<(string, string)> LaunchProfile() =>
        LaunchSettings.Read(Path.GetDirectoryName(_project)!, Environment.GetEnvironmentVariable("DOTNET_LAUNCH_PROFILE"));
}

/// <summary>Properties/launchSettings.json.</summary>
internal static class LaunchSettings
{
    public static IEnumerable<(string Name, string Value)> Read(string projectFolder, string? profileName)
    {
        var file = Path.Combine(projectFolder, "Properties", "launchSettings.json");
        if (!File.Exists(file))
            return [];
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        var profiles = JsonNode.Parse(File.ReadAllText(file), null, options)?["profiles"] as JsonObject ?? [];
        var profile = profileName is not null && profiles[profileName] is { } named
            ? named
            : profiles.Select(p => p.Value).FirstOrDefault(p => (string?)p?["commandName"] == "Project");
        return (profile?["environmentVariables"] as JsonObject ?? []).Select(v => (v.Key, (string?)v.Value ?? ""));
    }
}
