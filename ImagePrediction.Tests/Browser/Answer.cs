using System.Text.RegularExpressions;

namespace ImagePrediction.Tests.Browser;

internal static partial class Answer
{
    [GeneratedRegex(@"^(?:Yes, [^:]+: \d+\s% sure|(?:No dog|\w+ cats?, no dog): .*needs at least \d+\s%)$",
        RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"^dog \d+\s%$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelPattern();

    /// <summary>What stands at the box of a dog.</summary>
    public static Regex Label { get; } = LabelPattern();

    /// <summary>What a card says once it is answered.</summary>
    public static Regex Words { get; } = Pattern();
}
