using System.Text.RegularExpressions;

namespace ImagePrediction.Tests.Browser;

internal static partial class Answer
{
    [GeneratedRegex(@"^(?:Yes, there is a dog \(score \d\.\d\d\)|Yes, \d+ dogs \(best score \d\.\d\d\)|No dog found \(best score \d\.\d\d; the line is \d\.\d\d\))$",
        RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"^dog \d\.\d\d$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BoxPattern();

    /// <summary>What stands on the box of a dog.</summary>
    public static Regex BoxWords { get; } = BoxPattern();

    /// <summary>What a card says once it is answered.</summary>
    public static Regex Words { get; } = Pattern();
}
