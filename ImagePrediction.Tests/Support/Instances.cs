using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace ImagePrediction.Tests.Support;

/// <summary>The replicas of a resource, whoever hosts them.</summary>
internal static class Instances
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>The ids of instances that ended and stay so; none where the host starts them again by itself.</summary>
    public static async Task<IReadOnlyList<string>> EndedAsync(DistributedApplication app, string resource)
    {
        Dictionary<string, string?> states = [];
        using var limit = new CancellationTokenSource(Grace);
        try
        {
            // The present state of every instance is replayed first; after that the stream waits for news.
            await foreach (var change in app.ResourceNotifications.WatchAsync(limit.Token))
                if (change.Resource.Name == resource)
                    states[change.ResourceId] = change.Snapshot.State?.Text;
        }
        catch (OperationCanceledException)
        {
        }
        return [.. states.Where(state => KnownResourceStates.TerminalStates.Contains(state.Value)).Select(state => state.Key)];
    }
}
