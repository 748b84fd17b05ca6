using System.Diagnostics.Metrics;
using System.Text.Json;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Database;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>
/// Checks once a second for due deliveries, and makes the attempts. Instances share the work by claiming: a claim
/// lasts longer than an attempt, and expires if this process dies during one.
/// </summary>
internal sealed class Deliverer(
    Migrator migrator, DeliveryStore store, WebhookClient client, IOptions<WebhookOptions> options, IOptions<JsonOptions> json,
    TimeProvider time, IMeterFactory meters, ILogger<Deliverer> logger) : BackgroundService
{
    private const int Parallel = 64; // attempts mostly wait
    private const int Share = 16; // per host and per owner, so that a slow receiver does not delay others
    private const int Step = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseForTheBusy = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Lease = WebhookClient.Timeout + TimeSpan.FromSeconds(5);

    private readonly Counter<long> _attempts = meters.Create("ImagePrediction.Api")
        .CreateCounter<long>("imageprediction.webhook.attempts", "{attempt}", "Attempts to deliver a webhook");

    private readonly List<(ClaimedDelivery Delivery, Task Attempt)> _running = new(Parallel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
            return;
        try
        {
            await migrator.Done.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                while (await BeginAsync(stoppingToken))
                {
                    // More may be due: go on as soon as an attempt has ended.
                }
        }
        finally
        {
            await Task.WhenAll(_running.Select(running => running.Attempt)); // interrupted, and recorded as such
        }
    }

    /// <summary>
    /// Claims as many as there is room for and starts their attempts; true if more may be due. Claims only a few at a time, so that a
    /// share is exceeded by a few at most.
    /// </summary>
    private async Task<bool> BeginAsync(CancellationToken stoppingToken)
    {
        if (_running.Count == Parallel)
            await Task.WhenAny(_running.Select(running => running.Attempt));
        _running.RemoveAll(running => running.Attempt.IsCompleted);
        var room = Math.Min(Step, Parallel - _running.Count);
        try
        {
            string[] hosts = Busy(delivery => delivery.Host), owners = [.. Busy(delivery => delivery.Prediction.Owner).Where(owner => owner.Length > 0)];
            var claimed = await store.ClaimAsync(room, Lease, hosts, owners, stoppingToken);
            foreach (var delivery in claimed)
                _running.Add((delivery, AttemptAsync(delivery, stoppingToken)));
            if (claimed.Count < room && hosts.Length + owners.Length > 0)
                await Task.Delay(PauseForTheBusy, time, stoppingToken); // more of theirs may be due: check again before the next second
            return claimed.Count == room || hosts.Length + owners.Length > 0;
        }
        catch (Exception exception) when (!exception.IsStop(stoppingToken))
        {
            if (!DatabaseAway.Means(exception)) // that shows in /health
                logger.DeliveriesCutShort(exception);
            return false;
        }
    }

    /// <summary>The hosts or owners that have reached their share of attempts in progress.</summary>
    private string[] Busy(Func<ClaimedDelivery, string> who) =>
        [.. _running.CountBy(running => who(running.Delivery)).Where(busy => busy.Value >= Share).Select(busy => busy.Key)];

    /// <summary>Makes an attempt and records it. Never throws: an attempt that is not recorded is repeated when the lease expires.</summary>
    private async Task AttemptAsync(ClaimedDelivery claimed, CancellationToken stoppingToken)
    {
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(WebhookPayload.Of(claimed.Prediction), json.Value.SerializerOptions);
            var attempt = await client.PostAsync(claimed, body, stoppingToken);
            var next = attempt.Error == OutboundErrors.Interrupted ? TimeSpan.Zero : options.Value.DelayAfter(claimed.Tries);
            await store.SettleAsync(claimed, attempt, next);

            var outcome = attempt.Delivered ? "delivered" : attempt.Error ?? "declined";
            _attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
            if (!attempt.Delivered && next is null)
                logger.DeliveryGivenUp(claimed.Id, claimed.Prediction.Id, claimed.Tries, attempt.Status, attempt.Error);
        }
        catch (Exception exception)
        {
            logger.AttemptNotSettled(exception, claimed.Id, Lease);
        }
    }
}
