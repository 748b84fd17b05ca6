using System.Globalization;
using System.Threading.RateLimiting;
using ImagePrediction.Api.Errors;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Access;

/// <summary>A token bucket per API key, or per client address for requests without one.</summary>
internal sealed class RequestRate(IOptions<RateLimitOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    /// <summary>The name of the policy, for the routes that it limits.</summary>
    public const string Policy = "requests";

    public void Configure(RateLimiterOptions limiter)
    {
        limiter.AddPolicy(Policy, context => options.Value.PerSecond is > 0 and var rate
            ? RateLimitPartition.GetTokenBucketLimiter(Client.Of(context), _ => Bucket(rate, options.Value.Burst))
            : RateLimitPartition.GetNoLimiter(""));
        limiter.OnRejected = (rejected, _) =>
        {
            rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
            return new(new ProblemResult(ProblemType.RateLimited, string.Create(CultureInfo.InvariantCulture,
                $"The limit is {options.Value.PerSecond} requests per second, with bursts of up to {options.Value.Burst}."),
                TimeSpan.FromSeconds(Math.Max(1, wait.TotalSeconds))).ExecuteAsync(rejected.HttpContext));
        };
    }

    // Only whole tokens can be added: at low rates one at a time, at high rates ten times a second.
    private static TokenBucketRateLimiterOptions Bucket(double perSecond, int burst)
    {
        var tokens = Math.Max(1, (int)(perSecond / 10));
        return new() { TokenLimit = burst, TokensPerPeriod = tokens, ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / perSecond), QueueLimit = 0 };
    }
}
