using ImagePrediction.AppHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ImagePrediction.Tests.Hosting;

/// <summary>How the AppHost asks whether a resource is healthy.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task AResourceThatBecomesHealthyWhileItIsAskedIsHealthyInTheSameAnswer()
    {
        var asked = 0;

        var report = await AskAsync(() => ++asked switch
        {
            1 => HealthCheckResult.Unhealthy("starting"),
            2 => throw new InvalidOperationException("no port yet"),
            _ => HealthCheckResult.Healthy("here"),
        });

        Assert.Equal((HealthStatus.Healthy, "here", 3), (report.Status, report.Description, asked));
    }

    [Fact]
    public async Task OneThatStaysUnhealthyIsReportedWithItsReason()
    {
        var report = await AskAsync(() => throw new InvalidOperationException("no port yet"));

        Assert.Equal((HealthStatus.Unhealthy, "no port yet"), (report.Status, report.Description));
    }

    private static async Task<HealthReportEntry> AskAsync(Func<HealthCheckResult> answer)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddHealthChecks().AddCheck("resource", answer);
        services.AddPatientHealthChecks();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        return report.Entries["resource"];
    }
}
