using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Errors;

/// <summary>Describes requests that routing rejects with only a status: an unknown path, or a method that the path does not accept.</summary>
internal static class Refusal
{
    private const string Described = "The API is described at /docs and /openapi/v1.json.";

    /// <summary>The problem for the response's current status; null if the status alone says everything.</summary>
    public static ProblemResult? Of(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value?.TrimEnd('/').ToLowerInvariant() ?? "");
        return context.Response.StatusCode switch
        {
            400 => new(ProblemType.MalformedRequest, "The request cannot be read."),
            404 => new(ProblemType.NoSuchPath, $"{request.Path} names nothing here. {Hint(request.Method, path) ?? Described}"),
            405 => new(ProblemType.MethodNotAllowed,
                $"{request.Path} takes {context.Response.Headers[HeaderNames.Allow]}, not {request.Method}. {Hint(request.Method, path) ?? Described}"),
            415 => new(ProblemType.UnsupportedFormat, $"The Content-Type '{request.ContentType}' is not taken here. {Described}"),
            >= 500 => new(ProblemType.InternalError, "The error has been logged; trying again may help."),
            _ => null,
        };
    }

    // The two paths differ by one letter and are easily confused.
    private static string? Hint(string method, string path) => (method, path) switch
    {
        ("POST", "/image_predictions") => "Photos are posted to /image_prediction.",
        ("GET", "/image_prediction") => "One prediction is read at /image_prediction/{id}, and they are listed at /image_predictions.",
        _ when path.StartsWith("/image_predictions/", StringComparison.Ordinal) => "One prediction is at /image_prediction/{id}.",
        _ => null,
    };
}
