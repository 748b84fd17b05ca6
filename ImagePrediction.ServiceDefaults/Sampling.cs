using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// Decides which requests start a trace: all of them in manual use, a few per second under load. Read requests have
/// a separate budget, since clients that poll would leave nothing for uploads. A trace that is started is
/// recorded to its end, in the worker too.
/// </summary>
/// <param name="tracesPerSecond">Maximum number of traces started per second, a quarter of them for reads; 0 for no limit.</param>
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

/// <summary>Calls that a service makes on its own, to Redis and Postgres many times a second, start no trace.</summary>
internal sealed class NoOwnStatements : Sampler
{
    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(samplingParameters.Kind != ActivityKind.Client);
}
