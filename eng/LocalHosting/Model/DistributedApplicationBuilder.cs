using Aspire.Hosting.Testing;

namespace Aspire.Hosting;

/// <summary>Puts the application model together.</summary>
public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    string AppHostDirectory { get; }
    IServiceCollection Services { get; }
    DistributedApplicationExecutionContext ExecutionContext { get; }
    IList<IResource> Resources { get; }
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;
    DistributedApplication Build();
    /// <summary>The password of a server, from configuration (<c>Parameters:server-password</c>) or generated and kept with the data.</summary>
    internal Lazy<string> Password(string server);
}

/// <summary>Configures one resource.</summary>
public interface IResourceBuilder<out T> where T : IResource
{
    IDistributedApplicationBuilder ApplicationBuilder { get; }
    T Resource { get; }
    IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation) where TAnnotation : IResourceAnnotation;
}

/// <summary>The finished model, to be had from the services.</summary>
public sealed record DistributedApplicationModel(IList<IResource> Resources);

/// <summary>Whether the model is run or published; this package only runs it.</summary>
public sealed class DistributedApplicationExecutionContext
{
    public bool IsRunMode => true;
    public bool IsPublishMode => false;
}

internal sealed record ResourceBuilder<T>(IDistributedApplicationBuilder ApplicationBuilder, T Resource) : IResourceBuilder<T> where T : IResource
{
    public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation) where TAnnotation : IResourceAnnotation
    {
        Resource.Annotations.Add(annotation);
        return this;
    }
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationTestingBuilder
{
    private readonly HostApplicationBuilder _host;

    public DistributedApplicationBuilder(string[] args)
    {
        Assembly = Testing?.Assembly ?? Assembly.GetEntryAssembly()!;
        AppHostDirectory = Metadata("apphostprojectpath") ?? AppContext.BaseDirectory;
        _host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = args,
            ContentRootPath = AppHostDirectory,
            ApplicationName = Assembly.GetName().Name,
            EnvironmentName = Testing is null ? null : LaunchSettings.Read(AppHostDirectory, null).GetValueOrDefault("DOTNET_ENVIRONMENT"),
        });
        RunMode.Require(Configuration);
        Data = DataFolder.For(Configuration, AppHostDirectory, Testing is not null);
        // AppHost.cs tells the services where the data lives, whoever chose the place.
        Configuration["DataDir"] = Data.Path;
        _host.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        if (Testing is not null)
            _host.Logging.ClearProviders();
        Services.AddSingleton(new DistributedApplicationModel(Resources));
    }

    public TestingSession? Testing { get; } = TestingSession.Current;
    public Assembly Assembly { get; }
    public DataFolder Data { get; }
    public string AppHostDirectory { get; }
    public ConfigurationManager Configuration => _host.Configuration;
    public IServiceCollection Services => _host.Services;
    public DistributedApplicationExecutionContext ExecutionContext { get; } = new();
    public IList<IResource> Resources { get; } = [];

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.Any(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"Cannot add resource '{resource.Name}': the name is taken.");
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        // Main stands still here until the test, which may have changed the model, has it built.
        Testing?.AwaitBuild(this);
        var application = new DistributedApplication(_host.Build(), this);
        Testing?.Built(application);
        return application;
    }

    Lazy<string> IDistributedApplicationBuilder.Password(string server) =>
        new(() => Configuration[$"Parameters:{server}-password"] ?? Data.Secret($"{server}-password"));

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Testing!.BuildAsync(cancellationToken);

    public ValueTask DisposeAsync() => Testing!.DisposeAsync();

    /// <summary>What the build wrote into the AppHost's assembly: where the projects and their DLLs are.</summary>
    public string? Metadata(string key) => Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value;
}
