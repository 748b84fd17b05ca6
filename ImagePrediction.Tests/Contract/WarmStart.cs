using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>What an API has done by the time that it reports healthy.</summary>
[Collection(SharedTopology.Collection)]
public sealed class WarmStart(SharedTopology shared)
{
    [Fact]
    public async Task TheCodeOfAnUploadHasRunBeforeTheFirstClientComes()
    {
        var topology = await shared.GetAsync(); // over a new data folder
        using var response = await topology.Api.GetAsync("/health", TestContext.Current.CancellationToken);
        var warmUp = (await Topology.ReadAsync(response)).GetProperty("checks").GetProperty("warm-up");
        Assert.StartsWith("Ready for uploads after ", warmUp.GetProperty("description").GetString(), StringComparison.Ordinal);
    }
}
