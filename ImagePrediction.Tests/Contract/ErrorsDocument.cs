using System.Text.Json;
using System.Text.RegularExpressions;
using ImagePrediction.Api.Errors;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Detection;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>docs/errors.md and the code name the same errors.</summary>
[Collection(SharedTopology.Collection)]
public sealed partial class ErrorsDocument(SharedTopology shared)
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md"));

    [Fact]
    public void EveryProblemTypeIsDocumentedWithItsStatusAndNoOther()
    {
        var documented = ProblemRow().Matches(Text).Select(row => (row.Groups["name"].Value, int.Parse(row.Groups["status"].Value)));
        Assert.Equal(ProblemType.All.Select(type => (type.Name, type.Status)).Order(), documented.Order());
    }

    [Fact]
    public void EveryErrorCodeIsDocumentedAndNoOther()
    {
        var codes = typeof(ErrorCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!);
        Assert.Equal(codes.Order(), CodeRow().Matches(Text).Select(row => row.Groups["name"].Value).Order());
    }

    [Fact]
    public async Task TheTypeOfAProblemIsAPageThatDescribesIt()
    {
        var topology = await shared.GetAsync();
        foreach (var type in ProblemType.All)
        {
            using var response = await topology.Api.GetAsync($"/problems/{type.Name}", TestContext.Current.CancellationToken);
            Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
            var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains($"<h1>{type.Title.Replace("'", "&#39;", StringComparison.Ordinal)}</h1>", page, StringComparison.Ordinal);
            Assert.Contains($"<dt>Status</dt><dd>{type.Status}</dd>", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AllErrorsAreOnOnePageWithNothingLeftOfTheDocumentsMarks()
    {
        var page = await (await shared.GetAsync()).Api.GetStringAsync("/problems", TestContext.Current.CancellationToken);
        foreach (var name in ProblemType.All.Select(type => type.Name).Concat(ErrorCodes.All))
            Assert.Contains($"<tr id=\"{name}\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain(new[] { "`", "|", "](", ">#", "**", "<p>- " }, mark => page.Contains(mark, StringComparison.Ordinal));
        // Each row has a cell for each column.
        var tables = page.Split("<table>").Skip(1).ToList();
        Assert.Equal(2, tables.Count);
        Assert.All(tables, table => Assert.Equal(Count(table, "<th ") * (Count(table, "<tr") - 1), Count(table, "<td>")));

        static int Count(string text, string part) => text.Split(part).Length - 1;
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "no-such-path", "/docs")]
    [InlineData("GET", "/problems/nothing", 404, "no-such-path", "/problems")]
    [InlineData("GET", "/image_predictions/1", 404, "no-such-path", "/image_prediction/{id}")]
    [InlineData("GET", "/image_predictions?status='x'", 400, "malformed-request", "'status'")]
    [InlineData("POST", "/image_predictions", 405, "method-not-allowed", "/image_prediction.")]
    [InlineData("GET", "/image_prediction", 405, "method-not-allowed", "/image_predictions.")]
    [InlineData("PUT", "/image_prediction", 405, "method-not-allowed", "POST")]
    public async Task EveryProblemSaysWhatToDoAndIsFoundByItsTrace(string method, string path, int status, string type, string hint)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.Api.SendAsync(new HttpRequestMessage(new(method), path), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var problem = JsonSerializer.Deserialize<JsonElement>(text);

        Assert.Equal((status, $"/problems/{type}"), ((int)response.StatusCode, problem.GetProperty("type").GetString()));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(["detail", "status", "title", "trace_id", "type"], problem.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("trace_id").GetString());
        Assert.DoesNotContain("\\u", text, StringComparison.Ordinal);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [GeneratedRegex(@"^\| `/problems/(?<name>[a-z-]+)` \| (?<status>\d+) \|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex ProblemRow();

    [GeneratedRegex("^\\| `(?<name>[a-z_]+)` \\|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex CodeRow();
}
