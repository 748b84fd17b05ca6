using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>What <c>/openapi/v1.json</c> tells client generators.</summary>
[Collection(SharedTopology.Collection)]
public sealed class ApiDocument(SharedTopology shared)
{
    [Fact]
    public async Task ThePostComesFirstAndTheServerIsNamed()
    {
        var document = await ReadAsync();
        Assert.Equal("/", Assert.Single(document.GetProperty("servers").EnumerateArray()).GetProperty("url").GetString());
        Assert.Equal("/image_prediction", document.GetProperty("paths").EnumerateObject().First().Name);
    }

    [Fact]
    public async Task ParametersHaveTheirTypes()
    {
        var document = await ReadAsync();
        var parameters = Operation(document, "/image_predictions", "get").GetProperty("parameters").EnumerateArray()
            .ToDictionary(p => p.GetProperty("name").GetString()!, p => p.GetProperty("schema"));
        Assert.EndsWith("/PredictionStatus", parameters["status"].GetProperty("$ref").GetString(), StringComparison.Ordinal);
        Assert.Equal("boolean", parameters["contains_dog"].GetProperty("type").GetString());
        var limit = parameters["limit"];
        Assert.Equal(("integer", 1, 100), (limit.GetProperty("type").GetString(), limit.GetProperty("minimum").GetInt32(), limit.GetProperty("maximum").GetInt32()));

        var id = Operation(document, "/image_prediction/{id}", "get").GetProperty("parameters")[0];
        Assert.Equal(("id", "uuid"), (id.GetProperty("name").GetString(), id.GetProperty("schema").GetProperty("format").GetString()));
    }

    [Fact]
    public async Task NoHeaderHasAnExampleThatAViewerWouldSend()
    {
        foreach (var operation in Operations(await ReadAsync()))
            if (operation.TryGetProperty("parameters", out var parameters))
                Assert.All(parameters.EnumerateArray(), parameter => Assert.False(parameter.TryGetProperty("example", out _)));
    }

    [Fact]
    public async Task TheEventsAreTextNotJson()
    {
        var content = Operation(await ReadAsync(), "/image_prediction/{id}/events", "get").GetProperty("responses").GetProperty("200").GetProperty("content");
        var (type, media) = Assert.Single(content.EnumerateObject().Select(entry => (entry.Name, entry.Value)));
        Assert.Equal(("text/event-stream", "string"), (type, media.GetProperty("schema").GetProperty("type").GetString()));
    }

    [Fact]
    public async Task WithoutKeysEveryOperationTakesOneAndNeedsNone()
    {
        var document = await ReadAsync();
        Assert.All(Operations(document), operation => Assert.Equal(2, operation.GetProperty("security").GetArrayLength()));
        Assert.Contains("no API keys", document.GetProperty("info").GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    internal static IEnumerable<JsonElement> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value);

    private static JsonElement Operation(JsonElement document, string path, string method) => document.GetProperty("paths").GetProperty(path).GetProperty(method);

    private async Task<JsonElement> ReadAsync()
    {
        using var response = await (await shared.GetAsync()).Api.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        return await Topology.ReadAsync(response);
    }
}
