using System.Reflection;
using System.Text.RegularExpressions;
using ImagePrediction.Flow;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.House;

/// <summary>Every change of a prediction's state is in <c>Core/Flow</c>: statement, hint and notice together, and nowhere else.</summary>
public sealed class OneOwnerTests
{
    private static readonly string[] Changes =
    [
        @"(INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(ONLY\s+)?(public\.)?""*predictions\b", // plain SQL
        @"Predictions\b[^;]*\.Execute(Update|Delete)", @"RemoveAsync\([^;]*\.Predictions\b", @"\.SaveChanges", @"Predictions\.(Add|Remove|Update|Attach)", // EF Core
        @"\.List(Left|Right)Push", @"\.Publish(Async)?\(", // Redis
    ];

    public static TheoryData<string> Sources => [.. SourceFiles.Of("Core", "Api", "Worker", "ServiceDefaults").Where(file => !file.StartsWith("ImagePrediction.Core/Flow/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Sources))]
    public void OnlyTheFlowChangesAStateHintsOrTells(string file)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, file));
        Assert.All(Changes, change => Assert.DoesNotMatch(new Regex(change, RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)), text));
    }

    [Fact]
    public void TheTableOfTransitionsNamesEveryChangeAndNothingElse()
    {
        var changes = new[] { typeof(ClientFlow), typeof(WorkerFlow), typeof(RescueFlow) }
            .SelectMany(flow => flow.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(method => method.Name is not (nameof(RescueFlow.TryBeginPassAsync) or nameof(ClientFlow.AcceptNothingAsync))) // whose turn it is; no row
                .Select(method => $"{flow.Name}.{method.Name.Replace("Async", "", StringComparison.Ordinal)}"));
        var table = Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md")), @"^\|[^|]+\| `(?<change>\w+\.\w+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["change"].Value);
        Assert.Equal(changes.Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }
}
