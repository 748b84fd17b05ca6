using System.Collections.Concurrent;

namespace ImagePrediction.Worker.Tasks;

/// <summary>The tasks on which this worker holds a lease.</summary>
internal sealed class TasksInHand : IDisposable
{
    private readonly ConcurrentDictionary<Guid, TaskInHand> _tasks = [];
    private readonly Signal _removed = new();

    public int Count => _tasks.Count;

    public ICollection<TaskInHand> Tasks => _tasks.Values;

    public void Add(TaskInHand task) => _tasks[task.Claim.Id] = task;

    public void Remove(TaskInHand task)
    {
        task.Activity?.Dispose();
        _tasks.TryRemove(KeyValuePair.Create(task.Claim.Id, task));
        _removed.Set();
    }

    /// <summary>Waits until at most <paramref name="count"/> tasks are in hand. Only the consumer may wait.</summary>
    public async Task WaitUntilAtMostAsync(int count, CancellationToken cancellationToken)
    {
        while (Count > count)
            await _removed.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public void Dispose() => _removed.Dispose();
}
