using System.Security.Cryptography;
using System.Text;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>An application with API keys and a request rate.</summary>
public sealed class KeyedTopology : IAsyncDisposable
{
    public const string Alice = "ip_alice", Bob = "ip_bob", Reader = "ip_reader", Operator = "ip_operator", Hasty = "ip_hasty";
    public const int Burst = 60;

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync([
        .. Key("alice", Alice, "read write"), .. Key("bob", Bob, null), .. Key("reader", Reader, "read"),
        .. Key("operator", Operator, "read operator"), .. Key("hasty", Hasty, "read"),
        ("api", "RateLimit__PerSecond", "1"), ("api", "RateLimit__Burst", $"{Burst}")]));

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }

    private static IEnumerable<(string, string, string)> Key(string name, string key, string? scopes)
    {
        yield return ("api", $"ApiKeys__{name}__Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
        if (scopes is not null)
            yield return ("api", $"ApiKeys__{name}__Scopes", scopes);
    }
}
