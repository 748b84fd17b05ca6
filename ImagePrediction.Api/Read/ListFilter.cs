using System.Buffers.Text;
using System.Text;
using ImagePrediction.Api.Errors;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Read;

/// <summary>Which predictions a list contains. The cursor of the next page includes the filter, so that all pages belong to the same list.</summary>
/// <param name="Status">Only those in this state; null for all.</param>
/// <param name="ContainsDog">Only those with this answer; null for all.</param>
/// <param name="Reference">Only those with this reference; null for all.</param>
/// <param name="FileName">Only those with this file name; null for all.</param>
internal sealed record ListFilter(PredictionStatus? Status, bool? ContainsDog, string? Reference, string? FileName)
{
    private static readonly ListFilter All = new(null, null, null, null);

    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>Reads the parameters of a query, and where the page begins.</summary>
    /// <exception cref="ProblemException">A parameter is invalid, or the cursor belongs to another list.</exception>
    public static (ListFilter Filter, Guid? Before) Read(string? status, string? containsDog, string? reference, string? fileName, string? cursor)
    {
        var asked = new ListFilter(Parse<PredictionStatus>("status", status, "queued, processing, succeeded, failed or canceled", TryParseStatus),
            Parse<bool>("contains_dog", containsDog, "true or false", bool.TryParse), Text(reference), Text(fileName));
        if (string.IsNullOrEmpty(cursor))
            return (asked, null);
        if (Guid.TryParse(cursor, out var id))
            return (asked, id); // from a list without a filter, or from an instance of the previous version
        var (filter, before) = TryReadCursor(cursor) ?? throw Malformed("The parameter 'cursor' must be the 'next' of another page.");
        return asked == All || asked == filter ? (filter, before)
            : throw Malformed("The parameter 'cursor' belongs to a list with other filters. Send it with the same filters, or alone.");
    }

    /// <summary>Reads a number from 1 to <paramref name="max"/>; null if there is none.</summary>
    public static int? Number(string name, string? text, int max) => Parse<int>(name, text, $"a number from 1 to {max}",
        (string digits, out int number) => int.TryParse(digits, out number) && number >= 1 && number <= max);

    /// <summary>The cursor of the page after this prediction: without a filter the id alone, which the previous version understands, too.</summary>
    public string CursorAfter(Guid id) => this == All ? id.ToString() : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join('\n', id, Status, ContainsDog, Reference, FileName)));

    private static (ListFilter, Guid)? TryReadCursor(string cursor)
    {
        // References and file names contain no line breaks.
        string[] parts = Base64Url.IsValid(cursor) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('\n') : [];
        return parts.Length == 5 && Guid.TryParse(parts[0], out var id)
            && TryParseStatusOrNone(parts[1], out var status) && TryParseDogOrNone(parts[2], out var dog) ? (new(status, dog, Text(parts[3]), Text(parts[4])), id) : null;
    }

    private static bool TryParseStatusOrNone(string text, out PredictionStatus? status)
    {
        status = TryParseStatus(text, out var known) ? known : null;
        return status is not null || text.Length == 0;
    }

    private static bool TryParseDogOrNone(string text, out bool? dog)
    {
        dog = bool.TryParse(text, out var known) ? known : null;
        return dog is not null || text.Length == 0;
    }

    private static bool TryParseStatus(string text, out PredictionStatus status) =>
        Enum.TryParse(text, ignoreCase: true, out status) && status.ToString().Equals(text, StringComparison.OrdinalIgnoreCase);

    private static T? Parse<T>(string name, string? text, string allowed, TryParse<T> tryParse) where T : struct =>
        string.IsNullOrEmpty(text) ? null : tryParse(text, out var value) ? value : throw Malformed($"The parameter '{name}' must be {allowed}.");

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text.Contains('\0') ? throw Malformed("A parameter holds a null character.") : text;

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
