using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// Which requests begin a trace: all of them when somebody tries things by hand, a few a second under load. Those that only
/// read have a budget of their own, since clients that poll would leave nothing for uploads. A trace that is begun is
/// recorded to its end, in the worker too.
/// </summary>
/// <param name="tracesPerSecond">How many traces a second begin at most, a quarter of them for reading; 0 for all.</param>
internal sealed class TraceBudget(int tracesPerSecond)
{
    private readonly TokenBucketRateLimiter? _reading = Bucket(tracesPerSecond / 4);
    private readonly TokenBucketRateLimiter? _changing = Bucket(tracesPerSecond - tracesPerSecond / 4);

    public bool MayBegin(HttpContext context)
    {
        if (HealthEndpoints.IsProbe(context.Request.Path))
            return false;
        if (tracesPerSecond == 0)
            return true;
        using var lease = (HttpMethods.IsGet(context.Request.Method) ? _reading : _changing)?.AttemptAcquire();
        return lease is { IsAcquired: true };
    }

    private static TokenBucketRateLimiter? Bucket(int perSecond) => perSecond <= 0 ? null
        : new(new() { TokenLimit = perSecond, TokensPerPeriod = perSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1) });
}

/// <summary>What a service asks others on its own account, Redis and Postgres many times a second, is no trace.</summary>
internal sealed class NoOwnStatements : Sampler
{
    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(samplingParameters.Kind != ActivityKind.Client);
}
