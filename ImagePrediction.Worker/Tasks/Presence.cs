using ImagePrediction.Database;
using ImagePrediction.Flow;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Worker.Tasks;

/// <summary>Reports every second that this worker is running, and on an orderly stop that it no longer is.</summary>
internal sealed class Presence(ModelHost model, WorkerPresence presence, IOptions<WorkerOptions> options, ILogger<Presence> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly string _me = options.Value.Identity;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await model.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval);
        var isFirst = true;
        do
        {
            try
            {
                await presence.RenewAsync(_me, isFirst, stoppingToken);
                isFirst = false;
            }
            catch (Exception exception) when (!exception.IsStop(stoppingToken))
            {
                if (!DatabaseAway.Means(exception)) // that the consumer logs
                    logger.CannotReport(exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LastWords);
        try
        {
            await presence.LeaveAsync(_me, limit.Token);
        }
        catch (Exception)
        {
            // This worker then counts as lost.
        }
    }
}
