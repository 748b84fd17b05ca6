namespace ImagePrediction.Api.Errors;

/// <summary>Every kind of error the API answers with, as RFC 9457 problems. Listed with advice in docs/errors.md.</summary>
/// <param name="Name">The last part of the problem's <c>type</c>, <c>/problems/{Name}</c>.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What is wrong, the same for every occurrence.</param>
/// <param name="RetryAfter">When trying again can help, as the Retry-After header; null when it cannot.</param>
public sealed record ProblemType(string Name, int Status, string Title, TimeSpan? RetryAfter = null)
{
    public static readonly ProblemType MalformedRequest = new("malformed-request", 400, "The request is malformed.");
    public static readonly ProblemType NotFound = new("not-found", 404, "There is no such prediction.");
    public static readonly ProblemType AlreadyFinal = new("already-final", 409, "The prediction is final already.");
    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The image is too large.");
    public static readonly ProblemType UnsupportedFormat = new("unsupported-format", 415, "This is not an image that can be read.");
    public static readonly ProblemType BrokenHeader = new("broken-header", 422, "The image's header is broken.");
    public static readonly ProblemType TooManyPixels = new("too-many-pixels", 422, "The picture has too many pixels.");
    public static readonly ProblemType InternalError = new("internal-error", 500, "Something went wrong here.");
    public static readonly ProblemType DatabaseAway = new("database-away", 503, "The database is away.", TimeSpan.FromSeconds(2));
    public static readonly ProblemType ImageStoreAway = new("image-store-away", 503, "The image store is away.", TimeSpan.FromSeconds(5));
    public static readonly ProblemType DiskFull = new("disk-full", 507, "The image store is full.", TimeSpan.FromMinutes(1));

    /// <summary>All of them, for the document and its test.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        MalformedRequest, NotFound, AlreadyFinal, BodyTooLarge, UnsupportedFormat, BrokenHeader, TooManyPixels,
        InternalError, DatabaseAway, ImageStoreAway, DiskFull,
    ];
}
