namespace LocalHosting.Processes;

/// <summary>How a kind of resource becomes processes.</summary>
internal abstract class ResourceProgram(DistributedApplicationBuilder builder)
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

    public async Task<bool> IsHealthyAsync(int replica, CancellationToken cancellationToken)
    {
        try
        {
            return await AnswersAsync(replica, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
