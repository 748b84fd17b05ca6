using System.Diagnostics;
using System.Threading.Channels;
using ImagePrediction.Images;
using ImagePrediction.Worker.Detection;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// One prediction processed: read and decode the image, run the model, write the outcome. Decoding goes a few images
/// ahead of each lane; outcomes are written while the lanes go on.
/// </summary>
internal sealed class Pipeline(
    ModelHost model, ImageFolder images, Hand hand, Outcomes outcomes, FaultInjection faults, WorkerMetrics metrics) : BackgroundService
{
    private static readonly ActivitySource Activities = new("ImagePrediction.Worker");
    private const int MostInHand = 256;
    private const double Ahead = 0.25; // seconds of work in hand
    private const int DecodedAhead = 4; // images a lane: enough that small ones do not cost a change of threads each

    private readonly Channel<TaskInHand> _waiting = Channel.CreateUnbounded<TaskInHand>();
    private readonly ReaderWriterLockSlim _lanesOrSolo = new();
    private Channel<(TaskInHand, PreparedImage)> _ready = Channel.CreateBounded<(TaskInHand, PreparedImage)>(1);
    private int _lanes = 1;
    private double _secondsATask = 0.1;
    private volatile bool _stopping;

    /// <summary>How many tasks to have in hand: what the lanes can start within a quarter of a second.</summary>
    public int Target => (int)Math.Clamp(Math.Ceiling(Ahead * _lanes / Volatile.Read(ref _secondsATask)), _lanes + 1, MostInHand);

    public void Add(TaskInHand task)
    {
        hand.Add(task);
        _waiting.Writer.TryWrite(task);
    }

    /// <summary>Leaves what has not begun to the caller; what has begun goes on.</summary>
    public void BeginNothingMore() => _stopping = true;

    /// <summary>Ends the loops; called once nothing is in hand any more, or nothing that is worth waiting for.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        _ready.Writer.TryComplete();
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var detector = await model.Ready.WaitAsync(stoppingToken);
        _lanes = detector.Lanes;
        _ready = Channel.CreateBounded<(TaskInHand, PreparedImage)>(DecodedAhead * _lanes);
        for (var lane = 0; lane < _lanes; lane++)
            new Thread(() => RunLane(detector)) { IsBackground = true, Name = $"lane {lane}" }.Start();
        await Task.WhenAll(Enumerable.Range(0, _lanes).Select(_ => Task.Run(() => DecodeAsync(detector), CancellationToken.None)));
    }

    private async Task DecodeAsync(Detector detector)
    {
        await foreach (var task in _waiting.Reader.ReadAllAsync())
        {
            if (_stopping)
                continue;
            if (task.IsLost)
            {
                hand.Remove(task);
                continue;
            }
            try
            {
                using var bytes = images.Read(task.Claim.Id);
                await _ready.Writer.WriteAsync((task, Decode(detector, task, bytes.Memory)));
            }
            catch (Exception exception)
            {
                outcomes.Fault(task, exception);
            }
        }
    }

    private PreparedImage Decode(Detector detector, TaskInHand task, ReadOnlyMemory<byte> bytes)
    {
        using var step = task.Begin();
        _ = ActivityContext.TryParse(task.Claim.Traceparent, null, isRemote: true, out var sender);
        task.Activity = Activities.StartActivity("process tasks", ActivityKind.Consumer, sender)?
            .SetTag("messaging.system", "redis").SetTag("messaging.destination.name", "tasks")
            .SetTag("messaging.operation.type", "process").SetTag("messaging.message.id", task.Claim.Id);
        Activity.Current = null; // the span belongs to the task, not to this loop
        var prepared = detector.Prepare(bytes, CancellationToken.None);
        metrics.Decoded(task.Active);
        faults.Strike(prepared.Width);
        return prepared;
    }

    private void RunLane(Detector detector)
    {
        while (_ready.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (_ready.Reader.TryRead(out var item))
                Detect(detector, item.Item1, item.Item2);
    }

    private void Detect(Detector detector, TaskInHand task, PreparedImage prepared)
    {
        try
        {
            using (prepared)
            {
                using var step = task.Begin();
                var result = Run(detector, prepared, alone: task.IsSuspect || hand.Count == 1);
                metrics.Inferred(result.Inference);
                Volatile.Write(ref _secondsATask, 0.9 * _secondsATask + 0.1 * task.Active.TotalSeconds);
                outcomes.Answer(task, new(result.ContainsDog, result.Confidence, result.Detections, result.Inference,
                    detector.Model.Name, detector.Model.Version, detector.Model.Threshold));
            }
        }
        catch (Exception exception)
        {
            outcomes.Fault(task, exception);
        }
    }

    /// <summary>Alone, an image gets every thread; otherwise each lane has one. Never both at the same time.</summary>
    private DetectionResult Run(Detector detector, PreparedImage prepared, bool alone)
    {
        if (alone)
            _lanesOrSolo.EnterWriteLock();
        else
            _lanesOrSolo.EnterReadLock();
        try
        {
            return detector.Detect(prepared, alone ? RunOn.Solo : RunOn.Lane);
        }
        finally
        {
            if (alone)
                _lanesOrSolo.ExitWriteLock();
            else
                _lanesOrSolo.ExitReadLock();
        }
    }

    public override void Dispose()
    {
        _lanesOrSolo.Dispose();
        base.Dispose();
    }
}
