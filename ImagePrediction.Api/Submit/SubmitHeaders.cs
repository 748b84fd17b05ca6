using ImagePrediction.Api.Errors;

namespace ImagePrediction.Api.Submit;

/// <summary>The request headers that mean something to an upload alone.</summary>
internal static class SubmitHeaders
{
    private const int MaxKeyLength = 255;

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
}
