using ImagePrediction.Api.Queue;
using ImagePrediction.Flow;

namespace ImagePrediction.Api.Read;

/// <summary>
/// Wakes requests that wait for a prediction when it becomes final: one Redis subscription per instance, however many wait.
/// A message may be lost, so waiting requests also read the row again every second.
/// </summary>
internal sealed class Completions : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly TaskQueue _queue;
    private readonly QueueSnapshot _snapshot;
    private readonly Dictionary<Guid, List<Listener>> _listeners = [];

    public Completions(TaskQueue queue, QueueSnapshot snapshot, IHostApplicationLifetime lifetime)
    {
        (_queue, _snapshot) = (queue, snapshot);
        lifetime.ApplicationStopping.Register(Stop);
    }

    /// <summary>True once this instance is stopping: waiting requests should answer with the current state.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Starts listening; call it before reading the row, so that nothing is missed. Disposing stops listening.</summary>
    public Listener Listen(Guid id)
    {
        var listener = new Listener(this, id);
        lock (_listeners)
        {
            if (!_listeners.TryGetValue(id, out var others))
                _listeners[id] = others = new(1);
            others.Add(listener);
        }
        return listener;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _queue.SubscribeFinalAsync(Final);
                return;
            }
            catch (Exception exception) when (!exception.IsStop(stoppingToken))
            {
                await Task.Delay(Retry, stoppingToken); // shows in /health
            }
        }
    }

    private void Final(string published)
    {
        var ids = published.AsSpan();
        _snapshot.Finished(ids.Count(',') + 1);
        lock (_listeners)
        {
            if (_listeners.Count == 0)
                return;
            foreach (var range in ids.Split(','))
                if (Guid.TryParse(ids[range], out var id) && _listeners.TryGetValue(id, out var listeners))
                    listeners.ForEach(listener => listener.Wake());
        }
    }

    private void Stop()
    {
        IsStopping = true;
        lock (_listeners)
            foreach (var listener in _listeners.Values.SelectMany(listeners => listeners))
                listener.Wake();
    }

    private void Remove(Listener listener, Guid id)
    {
        lock (_listeners)
            if (_listeners.TryGetValue(id, out var others) && others.Remove(listener) && others.Count == 0)
                _listeners.Remove(id);
    }

    /// <summary>A request that waits for one prediction.</summary>
    public sealed class Listener(Completions completions, Guid id) : IDisposable
    {
        private readonly Signal _signal = new();

        public void Wake() => _signal.Set();

        /// <summary>Waits until the prediction is reported final, at most as long as <paramref name="limit"/>.</summary>
        public Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => _signal.WaitAsync(limit, cancellationToken);

        public void Dispose()
        {
            completions.Remove(this, id);
            _signal.Dispose();
        }
    }
}
