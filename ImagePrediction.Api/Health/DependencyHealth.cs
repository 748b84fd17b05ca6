using ImagePrediction.Api.Submit;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Images;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Api.Health;

/// <summary>
/// The checks of <c>/health</c>: without database, schema or image store nothing can be accepted; without Redis images are
/// accepted, and processed once it is back.
/// </summary>
internal static class DependencyHealth
{
    public static void AddDependencyHealth(this IHostApplicationBuilder builder) => builder.Services.AddHealthChecks()
        .AddCheck<DatabaseCheck>("database")
        .AddCheck<SchemaCheck>("schema")
        .AddCheck<WarmUp>("warm-up")
        .AddCheck<ImageStoreCheck>("images")
        .AddCheck<SweepCheck>("sweep", HealthStatus.Degraded)
        .AddCheck<RedisCheck>("redis", HealthStatus.Degraded);

    /// <summary>Uses the connection pool of image processing. EF's own check would retry for a minute if Postgres did not respond.</summary>
    private sealed class DatabaseCheck(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            // A frozen server does not respond to a cancellation either, so do not wait for that.
            await AskAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }

        private async Task AskAsync()
        {
            await using var ask = database.CreateCommand("SELECT 1");
            ask.CommandTimeout = 2;
            await ask.ExecuteNonQueryAsync();
        }
    }

    private sealed class SchemaCheck(Migrator migrator) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(migrator.Done.IsCompletedSuccessfully
                ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema is not up to date yet."));
    }

    private sealed class ImageStoreCheck(ImageStore images) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await using var probe = images.Begin();
            probe.Append("probe"u8);
            await images.ThrowIfAwayAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
    }

    private sealed class SweepCheck(Housekeeper housekeeper) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(housekeeper.ReasonNotToSweep is { } reason ? HealthCheckResult.Degraded(reason) : HealthCheckResult.Healthy());
    }

    private sealed class RedisCheck(IConnectionMultiplexer redis) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(redis.IsConnected ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("Redis is unavailable: images are accepted, and processed once it is back."));
    }
}
