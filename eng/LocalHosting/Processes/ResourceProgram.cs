namespace LocalHosting.Processes;

/// <summary>How a kind of resource becomes processes.</summary>
internal abstract class ResourceProgram(Resource resource, DistributedApplicationBuilder builder)
{
    public virtual int StopSignal => Native.Terminate;
    /// <summary>As in Aspire: from the stop signal to SIGKILL.</summary>
    public virtual TimeSpan Grace => TimeSpan.FromSeconds(10);
    /// <summary>Whether an end with exit code 0 is no crash.</summary>
    public virtual bool MayFinish => false;
    protected DistributedApplicationBuilder Builder { get; } = builder;

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
            var keys = resource.All<HealthCheckAnnotation>().Select(a => a.Key).ToHashSet();
            return await AnswersAsync(replica, cancellationToken) && (keys.Count == 0 || (await services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(c => keys.Contains(c.Name), cancellationToken)).Status == HealthStatus.Healthy);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The variables that the model sets.</summary>
    protected async Task<IEnumerable<KeyValuePair<string, string?>>> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(Builder.ExecutionContext, resource, cancellationToken);
        foreach (var annotation in resource.All<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        return context.EnvironmentVariables.Select(v => KeyValuePair.Create(v.Key, v.Value.ToString()));
    }
}
