using ImagePrediction.Api.Errors;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Access;

/// <summary>
/// Rejects requests from pages of other sites, unless <c>Cors:Origins</c> lists them. Without this, any page that a developer
/// opens could post to the service on their machine, since submitting a form needs no permission.
/// </summary>
internal static class CrossOrigin
{
    private static readonly string[] Sent =
        ["Authorization", "Content-Type", "Prefer", "Idempotency-Key", "Webhook-Url", "Reference", "If-None-Match", "Last-Event-ID"];
    private static readonly string[] Shown =
        ["Location", "Retry-After", "ETag", "Preference-Applied", "Idempotent-Replayed", "Content-Disposition"];

    public static void AddCors(this IHostApplicationBuilder builder)
    {
        var origins = Origins(builder.Configuration);
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy =>
            policy.WithOrigins(origins).WithHeaders(Sent).WithExposedHeaders(Shown).WithMethods("GET", "POST", "DELETE")));
    }

    /// <summary>Answers 403 to a browser request from another site that would change something and has no key.</summary>
    public static void UseCrossOriginProtection(this WebApplication app)
    {
        var origins = Origins(app.Configuration);
        app.Use((context, next) =>
            IsSafe(context.Request) || context.User.Owner().Length > 0 || IsOwnPage(context.Request)
                || origins.Contains(context.Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase)
                ? next(context)
                : new ProblemResult(ProblemType.CrossOrigin, "The site that sent this is not in Cors:Origins.").ExecuteAsync(context));
    }

    private static bool IsSafe(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    // Browsers state where a request comes from (Fetch Metadata); older ones at least the origin. Other programs send neither.
    private static bool IsOwnPage(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
            return site is "same-origin" or "none";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Authority.Equals(request.Headers[HeaderNames.Host].ToString(), StringComparison.OrdinalIgnoreCase));
    }

    private static string[] Origins(IConfiguration configuration) => configuration.GetSection("Cors:Origins").Get<string[]>() ?? [];
}
