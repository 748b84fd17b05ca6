using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LocalHosting.Processes;

/// <summary>How a kind of resource becomes processes.</summary>
internal abstract class ResourceProgram(Resource resource, DistributedApplicationBuilder builder)
{
    protected DistributedApplicationBuilder Builder { get; } = builder;
    protected IEnumerable<EndpointAnnotation> Endpoints => resource.All<EndpointAnnotation>();

    public virtual int StopSignal => Native.Terminate;
    /// <summary>As in Aspire: from the stop signal to SIGKILL.</summary>
    public virtual TimeSpan Grace => TimeSpan.FromSeconds(10);
    /// <summary>Whether an end with exit code 0 is no crash.</summary>
    public virtual bool MayFinish => false;

    /// <summary>Looks for what the resource needs, before anything is started.</summary>
    /// <exception cref="DistributedApplicationException">Something is missing; the message says what to do.</exception>
    public abstract Task CheckMachineAsync();

    /// <summary>The command of one instance, its files made ready.</summary>
    public abstract Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken);

    /// <summary>What has to be done before a first healthy instance counts as ready.</summary>
    public virtual Task CompleteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether a line of its output is worth showing.</summary>
    public virtual bool Shows(string line) => line.Length > 0;

    protected abstract Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken);

    public async Task<bool> IsHealthyAsync(int replica, IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            if (!await AnswersAsync(replica, cancellationToken))
                return false;
            var keys = resource.All<HealthCheckAnnotation>().Select(a => a.Key).ToHashSet();
            return keys.Count == 0 || (await services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(c => keys.Contains(c.Name), cancellationToken)).Status == HealthStatus.Healthy;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The variables that the model sets, as texts.</summary>
    protected async Task<Dictionary<string, string?>> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>();
        var context = new EnvironmentCallbackContext(Builder.ExecutionContext, resource, variables, cancellationToken);
        foreach (var annotation in resource.All<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        var texts = new Dictionary<string, string?>();
        foreach (var (name, value) in variables)
        {
            texts[name] = value switch
            {
                EndpointReference endpoint => endpoint.Url,
                ParameterResource parameter => parameter.Get(),
                IResourceWithConnectionString source => await source.GetConnectionStringAsync(cancellationToken),
                _ => value.ToString(),
            };
        }
        return texts;
    }
}
