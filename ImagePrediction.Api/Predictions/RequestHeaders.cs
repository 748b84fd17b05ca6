using System.Globalization;
using ImagePrediction.Api.Errors;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Predictions;

/// <summary>The request headers of this API that mean something of their own.</summary>
internal static class RequestHeaders
{
    private const int MaxKeyLength = 255;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary><c>Prefer: wait=N</c> (RFC 7240): how long the client would wait for the answer, a minute at most; null if it would not.</summary>
    public static TimeSpan? PreferWait(HttpRequest request)
    {
        foreach (var preference in request.Headers.GetCommaSeparatedValues("Prefer"))
        {
            var parts = preference.Split(';', 2)[0].Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is [var name, var value] && name.Equals("wait", StringComparison.OrdinalIgnoreCase)
                && uint.TryParse(value.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
                return seconds < LongestWait.TotalSeconds ? TimeSpan.FromSeconds(seconds) : LongestWait;
        }
        return null;
    }

    /// <summary>Says that the wish was heard.</summary>
    public static void PreferenceApplied(HttpResponse response, TimeSpan wait) =>
        response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds}");

    /// <summary><c>Idempotency-Key</c>, with or without the quotes of the IETF draft; null if there is none.</summary>
    /// <exception cref="ProblemException">It is empty, too long, not printable ASCII, or there are several.</exception>
    public static string? IdempotencyKey(HttpRequest request)
    {
        var values = request.Headers["Idempotency-Key"];
        if (values.Count == 0)
            return null;
        var key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key is ['"', .., '"'] && key.Length > 1)
            key = key[1..^1];
        return key.Length is > 0 and <= MaxKeyLength && key.All(c => c is > ' ' and < (char)127)
            ? key : throw new ProblemException(ProblemType.MalformedRequest,
                $"Idempotency-Key must be one value of 1 to {MaxKeyLength} printable ASCII characters without spaces, such as a UUID.");
    }

    /// <summary>Whether the client has this version already, by <c>If-None-Match</c> (RFC 9110, section 13.1.2).</summary>
    public static bool HasCurrent(HttpRequest request, EntityTagHeaderValue tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false));
}
