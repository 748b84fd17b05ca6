namespace ImagePrediction.Api.Errors;

/// <summary>Every kind of error the API answers with, as RFC 9457 problems. Listed with advice in docs/errors.md.</summary>
/// <param name="Name">The last part of the problem's <c>type</c>, <c>/problems/{Name}</c>, where this server describes it.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What is wrong, the same for every occurrence.</param>
/// <param name="RetryAfter">When retrying can help, for the Retry-After header; null if it cannot, or if that depends on the request.</param>
public sealed record ProblemType(string Name, int Status, string Title, TimeSpan? RetryAfter = null)
{
    public static readonly ProblemType MalformedRequest = new("malformed-request", 400, "The request is malformed.");
    public static readonly ProblemType Unauthorized = new("unauthorized", 401, "An API key is required.");
    public static readonly ProblemType Forbidden = new("forbidden", 403, "The API key does not allow this.");
    public static readonly ProblemType CrossOrigin = new("cross-origin", 403, "Requests from other sites are not allowed.");
    public static readonly ProblemType NotFound = new("not-found", 404, "There is no such prediction.");
    public static readonly ProblemType NoSuchPath = new("no-such-path", 404, "There is nothing at this path.");
    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "This path does not take this method.");
    public static readonly ProblemType TooSlow = new("too-slow", 408, "The upload is too slow.");
    public static readonly ProblemType AlreadyFinal = new("already-final", 409, "The prediction is already final.");
    public static readonly ProblemType NotSucceeded = new("not-succeeded", 409, "The prediction has no result.");
    public static readonly ProblemType NotFailed = new("not-failed", 409, "The prediction has not failed.");
    public static readonly ProblemType Deleted = new("deleted", 410, "The prediction was deleted.");
    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The image is too large.");
    public static readonly ProblemType UnsupportedFormat = new("unsupported-format", 415, "Unsupported image format.");
    public static readonly ProblemType BrokenHeader = new("broken-header", 422, "The image's header is broken.");
    public static readonly ProblemType TooManyPixels = new("too-many-pixels", 422, "The picture has too many pixels.");
    public static readonly ProblemType IdempotencyConflict = new("idempotency-conflict", 422, "The idempotency key was used for another image.");
    public static readonly ProblemType WebhookRefused = new("webhook-refused", 422, "The webhook URL is not accepted.");
    public static readonly ProblemType UrlRefused = new("url-refused", 422, "The URL of the image is not accepted.");
    public static readonly ProblemType UrlNotFetched = new("url-not-fetched", 422, "No image could be fetched from the URL.");
    public static readonly ProblemType RateLimited = new("rate-limited", 429, "Too many requests.");
    public static readonly ProblemType QueueFull = new("queue-full", 429, "Too many predictions are waiting.");
    public static readonly ProblemType TooManyUploads = new("too-many-uploads", 429, "Too many uploads are in progress.");
    public static readonly ProblemType TooManyStreams = new("too-many-streams", 429, "Too many event streams are open.");
    public static readonly ProblemType InternalError = new("internal-error", 500, "Internal server error.");
    public static readonly ProblemType DatabaseAway = new("database-away", 503, "The database is unavailable.", TimeSpan.FromSeconds(2));
    public static readonly ProblemType ImageStoreAway = new("image-store-away", 503, "The image store is unavailable.", TimeSpan.FromSeconds(5));
    public static readonly ProblemType DatabaseSlow = new("database-slow", 504, "The database took too long.", TimeSpan.FromSeconds(5));
    public static readonly ProblemType DiskFull = new("disk-full", 507, "The image store is full.", TimeSpan.FromMinutes(1));

    /// <summary>All problem types, for the document and its test.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        MalformedRequest, Unauthorized, Forbidden, CrossOrigin, NotFound, NoSuchPath, MethodNotAllowed, TooSlow, AlreadyFinal, NotSucceeded, NotFailed, Deleted,
        BodyTooLarge, UnsupportedFormat, BrokenHeader, TooManyPixels, IdempotencyConflict, WebhookRefused, UrlRefused, UrlNotFetched,
        RateLimited, QueueFull, TooManyUploads, TooManyStreams, InternalError, DatabaseAway, ImageStoreAway, DatabaseSlow, DiskFull,
    ];
}
