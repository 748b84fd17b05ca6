namespace ImagePrediction;

/// <summary>Wakes one waiter; signals while nobody waits count as one.</summary>
public sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);

    /// <summary>Wakes the waiter, or the next one if nobody waits.</summary>
    public void Set()
    {
        if (_semaphore.CurrentCount > 0)
            return;
        try
        {
            _semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Set by another thread just now.
        }
    }

    /// <summary>Waits for a signal, at most as long as <paramref name="timeout"/>.</summary>
    public Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _semaphore.WaitAsync(timeout, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _semaphore.Dispose();
}
