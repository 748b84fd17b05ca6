using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>An application with API keys and a request rate.</summary>
public sealed class KeyedTopology : IAsyncDisposable
{
    public const string Alice = "ip_alice", Bob = "ip_bob", Reader = "ip_reader", Listener = "ip_listener", Operator = "ip_operator", Hasty = "ip_hasty";
    public const string Friend = "https://friend.example";
    public const int Burst = 60, MaxStreams = 50, MaxUploads = 3;

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync([
        .. TestKeys.Let("alice", Alice, "read write"), .. TestKeys.Let("bob", Bob), .. TestKeys.Let("reader", Reader, "read"),
        .. TestKeys.Let("listener", Listener), .. TestKeys.Let("operator", Operator, "read operator"), .. TestKeys.Let("hasty", Hasty, "read"),
        ("api", "RateLimit__PerSecond", "1"), ("api", "RateLimit__Burst", $"{Burst}"),
        ("api", "Cors__Origins__0", Friend), ("api", "Proxies__Networks__0", "127.0.0.0/8"), ("api", "Proxies__Networks__1", "::1/128"),
        ("api", "Events__MaxStreamsPerKey", $"{MaxStreams}"), ("api", "Uploads__MaxAtOncePerKey", $"{MaxUploads}"),
        ("api", "Events__LookAgain", "01:00:00")])); // only the message that a prediction is final wakes who waits

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }
}
