using System.Text.RegularExpressions;
using ImagePrediction.Api.Errors;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Contract;

/// <summary>docs/errors.md and the code name the same errors.</summary>
public sealed partial class ErrorsDocument
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

    [GeneratedRegex(@"^\| `/problems/(?<name>[a-z-]+)` \| (?<status>\d+) \|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex ProblemRow();

    [GeneratedRegex("^\\| `(?<name>[a-z_]+)` \\|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex CodeRow();
}
