using ImagePrediction.Api.Access;
using ImagePrediction.Api.Queue;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImagePrediction.Api.Operations;

/// <summary><c>GET /stats</c>: statistics of the service.</summary>
internal static class StatsApi
{
    public static void AddOperations(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<RecentStats>();

    public static void MapStats(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/stats", Get).WithName("GetStats").WithTags("Operation").WithSummary("Get the service's statistics")
            .RequireAuthorization(Scopes.Operator).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).ProducesProblem(503);

    private static async Task<Ok<StatsResponse>> Get(HttpContext context, RecentStats recent, QueueSnapshot queue, QueuePause pause, IConfiguration configuration)
    {
        var stats = await recent.GetAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new StatsResponse
        {
            Queued = queue.Waiting,
            Processing = stats.Processing,
            OldestAgeMs = Math.Round(queue.OldestAge.TotalMilliseconds),
            PausedSince = await pause.SinceAsync(context.RequestAborted),
            Workers = queue.Workers,
            CompletedPerS = Math.Round(queue.Pace.PerSecond, 2),
            WindowS = Math.Round(stats.Window.TotalSeconds, 1),
            Succeeded = stats.Succeeded,
            Failed = stats.Failed,
            Canceled = stats.Canceled,
            QueueMs = stats.QueueMs,
            InferenceMs = stats.InferenceMs,
            TotalMs = stats.TotalMs,
            WorkerList = stats.Workers,
            Errors = stats.Errors,
            Failures = stats.Failures,
            Dashboard = configuration["Dashboard:Url"],
            History = queue.Pace.Points,
        });
    }
}

/// <summary>Queries at most once every two seconds, however many operators are watching.</summary>
internal sealed class RecentStats(IServiceScopeFactory scopes, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _one = new(1, 1);
    private Stats? _stats;
    private long _lookedAt;

    public async Task<Stats> GetAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_stats is not null && time.GetElapsedTime(_lookedAt) <= MaxAge)
                return _stats;
            await using var scope = scopes.CreateAsyncScope();
            _stats = await StatsQuery.LookAsync(scope.ServiceProvider.GetRequiredService<PredictionsContext>(), CancellationToken.None);
            _lookedAt = time.GetTimestamp();
            return _stats;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
