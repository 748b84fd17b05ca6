using ImagePrediction.Api.Access;
using ImagePrediction.Api.Submit;
using ImagePrediction.Decoding;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Operations;

/// <summary><c>GET /session</c>: a client's scopes and the upload limits, for pages that need to know them in advance.</summary>
internal static class SessionApi
{
    public static void MapSession(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/session", Get).WithName("GetSession").WithTags("Access").WithSummary("Get your scopes and the upload limits")
            .RequireRateLimiting(RequestRate.Policy).ProducesProblem(429);

    private static Ok<SessionResponse> Get(HttpContext context, ApiKeys keys, IOptions<UploadOptions> limits)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new SessionResponse(
            keys.Any ? "key" : "none", [.. context.User.FindAll(Caller.ScopeClaim).Select(claim => claim.Value)],
            limits.Value.MaxBytes, limits.Value.MaxPixels, [.. ImageFormat.AcceptedFormats.Select(format => format.Name)]));
    }
}

/// <summary>A client's scopes and the upload limits.</summary>
/// <param name="Authentication"><c>key</c> where API keys are configured, otherwise <c>none</c>.</param>
/// <param name="Scopes">The scopes of this request's key, or of requests without one; empty if a valid key is required and missing.</param>
/// <param name="MaxBytes">The maximum size of an image in bytes.</param>
/// <param name="MaxPixels">The maximum number of pixels, width times height.</param>
/// <param name="Formats">The accepted formats by name.</param>
public sealed record SessionResponse(
    string Authentication, IReadOnlyList<string> Scopes, long MaxBytes, long MaxPixels, IReadOnlyList<string> Formats);
