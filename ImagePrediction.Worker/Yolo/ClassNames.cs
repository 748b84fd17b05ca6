using System.Globalization;
using System.Text.RegularExpressions;

namespace ImagePrediction.Worker.Yolo;

/// <summary>Class names as YOLOv5's exporter writes them: the text of a Python dictionary or list.</summary>
public static partial class ClassNames
{
    /// <summary>Reads <c>{0: 'dog', 1: 'cat'}</c> or <c>['dog', 'cat']</c>.</summary>
    /// <exception cref="ModelException">The text is neither, or a class number is missing.</exception>
    public static IReadOnlyList<string> Parse(string literal)
    {
        var names = new SortedDictionary<int, string>();
        foreach (Match match in Entry().Matches(literal))
        {
            var index = match.Groups["index"] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : names.Count;
            names[index] = Escape().Replace(match.Groups["name"].Value, "${char}");
        }
        return names.Count > 0 && names.Keys.Last() == names.Count - 1
            ? [.. names.Values]
            : throw new ModelException($"The model's class names cannot be read: {literal}");
    }

    /// <summary>A model's class names: from its metadata, else from <c>&lt;model&gt;.labels.txt</c> beside it, one per line.</summary>
    /// <exception cref="ModelException">Neither exists.</exception>
    public static IReadOnlyList<string> Of(string modelPath, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.TryGetValue("names", out var names))
            return Parse(names);
        var path = Path.ChangeExtension(modelPath, ".labels.txt");
        return File.Exists(path)
            ? [.. File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0)]
            : throw new ModelException($"The model names no classes: neither metadata 'names' nor {path}.");
    }

    [GeneratedRegex("""(?:(?<index>\d+)\s*:\s*)?(?:'(?<name>(?:[^'\\]|\\.)*)'|"(?<name>(?:[^"\\]|\\.)*)")""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\\(?<char>.)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Escape();
}
