using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// <c>/health</c> runs every check: 200 when healthy or degraded, 503 otherwise. <c>/alive</c> checks nothing
/// outside the process. Development lists the result of each check, any other environment only the overall status.
/// </summary>
internal static class HealthEndpoints
{
    private const string Health = "/health";
    private const string Alive = "/alive";
    private const string Live = "live";

    // Shorter than a probe's own timeout, so that a probe gets an answer even if the database does not respond.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    public static void AddLivenessCheck(this IHealthChecksBuilder checks) =>
        checks.AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);

    /// <summary>Gives every check a timeout, including those added later.</summary>
    public static void LimitHealthChecks(this IServiceCollection services) => services.PostConfigure<HealthCheckServiceOptions>(options =>
    {
        foreach (var check in options.Registrations)
            check.Timeout = Limit;
    });

    public static bool IsProbe(PathString path) => path.StartsWithSegments(Health) || path.StartsWithSegments(Alive);

    public static void MapHealthEndpoints(this WebApplication app)
    {
        var detailed = app.Environment.IsDevelopment();
        app.MapHealthChecks(Health, new HealthCheckOptions
        {
            ResponseWriter = (context, report) => detailed
                ? context.Response.WriteAsJsonAsync(Describe(report))
                : context.Response.WriteAsync(report.Status.ToString()),
        });
        app.MapHealthChecks(Alive, new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live) });
    }

    private static object Describe(HealthReport report) => new
    {
        status = report.Status.ToString(),
        checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = entry.Value.Status.ToString(), entry.Value.Description, error = entry.Value.Exception?.Message }),
    };
}
