using ImagePrediction.Api.Access;
using ImagePrediction.Api.Submit;
using ImagePrediction.Decoding;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Operations;

/// <summary><c>GET /session</c>: what a client may do here and what is accepted, for pages that have to know before they ask.</summary>
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

/// <summary>What a client may do here.</summary>
/// <param name="Authentication"><c>key</c> where API keys are configured, otherwise <c>none</c>.</param>
/// <param name="Scopes">What this request's key, or nobody without one, may do; empty without a key that is known.</param>
/// <param name="MaxBytes">The largest image in bytes.</param>
/// <param name="MaxPixels">The most pixels, width times height.</param>
/// <param name="Formats">The accepted formats by name.</param>
public sealed record SessionResponse(
    string Authentication, IReadOnlyList<string> Scopes, long MaxBytes, long MaxPixels, IReadOnlyList<string> Formats);
