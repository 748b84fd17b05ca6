using ImagePrediction.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedTopology))]

namespace ImagePrediction.Tests.Support;

/// <summary>
/// One application for all tests that leave it as they found it; started when the first of them asks. They run one after
/// the other, beside those that have an application of their own.
/// </summary>
public sealed class SharedTopology : IAsyncDisposable
{
    public const string Collection = "shared application";

    private readonly Lazy<Task<Topology>> _topology = new(() => Topology.StartAsync(
        ("api", "Webhooks__Secrets__0", "whsec_" + Convert.ToBase64String(new byte[32]))));

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }
}

/// <summary>An application for one class whose tests stop, kill and fill what they want, and leave all of it running.</summary>
public sealed class OwnTopology : IAsyncLifetime
{
    public Topology Topology { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Topology = await Topology.StartAsync();

    public ValueTask DisposeAsync() => Topology.DisposeAsync();
}
