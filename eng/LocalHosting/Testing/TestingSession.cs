namespace LocalHosting;

/// <summary>
/// Runs an AppHost's Main on a thread of its own and takes its builder: Main stands still in <c>Build</c> until the
/// test builds, and in <c>Run</c> until the test has disposed of the application.
/// </summary>
internal sealed class TestingSession(Assembly assembly) : IAsyncDisposable
{
    private static readonly AsyncLocal<TestingSession?> Session = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _build = new();

    /// <summary>The session of the thread that runs a test's AppHost; null in an AppHost that runs by itself.</summary>
    public static TestingSession? Current => Session.Value;

    public Assembly Assembly { get; } = assembly;

    public Task<DistributedApplicationBuilder> StartAsync(string[] args, CancellationToken cancellationToken)
    {
        new Thread(() => Main(args)) { IsBackground = true, Name = "AppHost" }.Start();
        return _builder.Task.WaitAsync(cancellationToken);
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _build.TrySetResult();
        return _application.Task.WaitAsync(cancellationToken);
    }

    public void AwaitBuild(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _build.Task.GetAwaiter().GetResult();
    }

    public void Built(DistributedApplication application) => _application.TrySetResult(application);

    public ValueTask DisposeAsync()
    {
        // Lets go of a Main whose application is never built.
        _build.TrySetCanceled();
        return _application.Task.IsCompletedSuccessfully ? _application.Task.Result.DisposeAsync() : default;
    }

    private void Main(string[] args)
    {
        Session.Value = this;
        try
        {
            var main = Assembly.EntryPoint!;
            main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? [] : [args], null);
            throw new DistributedApplicationException($"{Assembly.GetName().Name} ended without building an application.");
        }
        catch (Exception exception)
        {
            // Whoever still waits for the builder or the application is told; after that it concerns nobody.
            _builder.TrySetException(exception);
            _application.TrySetException(exception);
        }
    }
}
