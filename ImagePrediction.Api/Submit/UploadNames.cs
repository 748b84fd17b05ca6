using System.Text;
using ImagePrediction.Api.Errors;

namespace ImagePrediction.Api.Submit;

/// <summary>The names that a client gives an upload: its own reference, and the file name.</summary>
internal static class UploadNames
{
    private const string Header = "Reference";
    private const int MaxReference = 200, MaxFileName = 255;

    /// <summary>The reference in the form's field or in the header; null when neither has one.</summary>
    /// <exception cref="ProblemException">It is too long, contains control characters, or header and field differ.</exception>
    public static string? Reference(HttpRequest request, string? field)
    {
        var header = request.Headers[Header] is { Count: > 0 } values ? Check(values.ToString()) : null;
        field = string.IsNullOrEmpty(field) ? null : Check(field);
        return header is null || field is null || header == field ? field ?? header
            : throw Malformed($"The header {Header} and the field 'reference' differ. Send one of them.");
    }

    /// <summary>The last part of the client's file name, without what could break a line or a header; null if nothing is left.</summary>
    public static string? FileName(string? given)
    {
        var last = given?[(given.LastIndexOfAny(['/', '\\']) + 1)..] ?? "";
        var name = new StringBuilder();
        // By whole code points: the database could not store half of a surrogate pair.
        foreach (var letter in last.EnumerateRunes().Where(letter => !Rune.IsControl(letter)))
        {
            if (name.Length + letter.Utf16SequenceLength > MaxFileName)
                break;
            name.Append(letter);
        }
        return name.ToString().Trim() is { Length: > 0 } kept ? kept : null;
    }

    private static string Check(string reference) => reference.Length is > 0 and <= MaxReference && !reference.Any(char.IsControl) ? reference
        : throw Malformed($"A reference must have 1 to {MaxReference} characters, without control characters.");

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
