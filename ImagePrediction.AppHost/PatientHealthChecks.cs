using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImagePrediction.AppHost;

/// <summary>
/// Detects sooner that a resource has become healthy. Aspire checks an unhealthy one again after 1, 2, 3 … 5 s, so that each step of the
/// start loses seconds waiting for it; here each check repeats until the resource is healthy, or for three seconds.
/// </summary>
internal static class PatientHealthChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static void AddPatientHealthChecks(this IServiceCollection services) => services.PostConfigure<HealthCheckServiceOptions>(options =>
    {
        foreach (var check in options.Registrations)
        {
            var create = check.Factory;
            check.Factory = provider => new Patient(create(provider));
        }
    });

    private sealed class Patient(IHealthCheck check) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause, cancellationToken))
                if (await AskAsync(context, cancellationToken) is var answer && (answer.Status == HealthStatus.Healthy || Stopwatch.GetElapsedTime(began) > Patience))
                    return answer;
        }

        private async Task<HealthCheckResult> AskAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                return await check.CheckHealthAsync(context, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                return new(context.Registration.FailureStatus, exception.Message, exception);
            }
        }
    }
}
