using System.Diagnostics;
using System.Threading.Channels;
using ImagePrediction.Images;
using ImagePrediction.Predictions;
using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// Processes predictions: reads and decodes the image, runs the model, writes the outcome. Decoding stays a few images
/// ahead of each lane; outcomes are written while the lanes continue.
/// </summary>
internal sealed class Pipeline(
    ModelHost model, ImageStore images, TasksInHand hand, Outcomes outcomes, FaultInjection faults, WorkerMetrics metrics) : BackgroundService
{
    private static readonly ActivitySource Activities = new("ImagePrediction.Worker");
    private const int MostInHand = 256;
    private const double Ahead = 0.25; // seconds of work in hand
    private const long LargePixels = 8_000_000; // a decoder may hold such a picture in full
    private const int DecodedAhead = 4; // images per lane: enough that small ones do not cost a context switch each

    private readonly Channel<TaskInHand> _waiting = Channel.CreateUnbounded<TaskInHand>();
    private readonly ReaderWriterLockSlim _lanesOrSolo = new();
    private readonly SemaphoreSlim _oneLarge = new(1);
    private Channel<(TaskInHand, PreparedImage)> _ready = Channel.CreateBounded<(TaskInHand, PreparedImage)>(1);
    private int _lanes = 1;
    private double _secondsATask = 0.1;
    private volatile bool _stopping;

    /// <summary>Number of tasks to have in hand: as many as the lanes can start within a quarter of a second.</summary>
    public int Target => (int)Math.Clamp(Math.Ceiling(Ahead * _lanes / Volatile.Read(ref _secondsATask)), _lanes + 1, MostInHand);

    public void Add(TaskInHand task)
    {
        hand.Add(task);
        _waiting.Writer.TryWrite(task);
    }

    /// <summary>Leaves tasks that have not begun to the caller; those that have begun continue.</summary>
    public void BeginNothingMore() => _stopping = true;

    /// <summary>Ends the loops; called once no task is in hand, or none worth waiting for.</summary>
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
        {
            new Thread(() => Work(_waiting.Reader, task => Decode(detector, task))) { IsBackground = true, Name = $"decode {lane}" }.Start();
            new Thread(() => Work(_ready.Reader, ready => Detect(detector, ready.Item1, ready.Item2))) { IsBackground = true, Name = $"lane {lane}" }.Start();
        }
    }

    private static void Work<T>(ChannelReader<T> items, Action<T> process)
    {
        while (items.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (items.TryRead(out var item))
                process(item);
    }

    private void Decode(Detector detector, TaskInHand task)
    {
        if (_stopping)
            return;
        if (task.IsLost)
        {
            hand.Remove(task);
            return;
        }
        var large = task.Claim.Pixels > LargePixels;
        if (large)
            _oneLarge.Wait();
        try
        {
            var prepared = ReadAndPrepare(detector, task);
            if (!_ready.Writer.TryWrite((task, prepared)))
                _ready.Writer.WriteAsync((task, prepared)).AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException)
        {
            // Stopping: the task has been handed back.
        }
        catch (Exception exception)
        {
            outcomes.Fault(task, exception);
        }
        finally
        {
            if (large)
                _oneLarge.Release();
        }
    }

    private PreparedImage ReadAndPrepare(Detector detector, TaskInHand task)
    {
        using var step = task.Begin();
        _ = ActivityContext.TryParse(task.Claim.Traceparent, null, isRemote: true, out var sender);
        task.Activity = Activities.StartActivity("process tasks", ActivityKind.Consumer, sender)?
            .SetTag("messaging.system", "redis").SetTag("messaging.destination.name", "tasks")
            .SetTag("messaging.operation.name", "process").SetTag("messaging.operation.type", "process").SetTag("messaging.message.id", task.Claim.Id);
        Activity.Current = null; // the span belongs to the task, not to this thread
        using var span = Span("decode image", task);
        using var bytes = images.Read(task.Claim.Id);
        var prepared = detector.Prepare(bytes.Memory, CancellationToken.None);
        task.DecodeTime = task.Active;
        metrics.Decoded(task.DecodeTime);
        faults.Strike(prepared.Width);
        return prepared;
    }

    private void Detect(Detector detector, TaskInHand task, PreparedImage prepared)
    {
        using var _ = prepared;
        if (task.IsLost)
        {
            hand.Remove(task);
            return;
        }
        try
        {
            var answer = Run(detector, task, prepared, alone: task.IsSuspect || hand.Count == 1);
            metrics.Inferred(answer.InferenceTime);
            // The two steps overlap, so the longer one sets the pace.
            var pace = Math.Max(answer.InferenceTime.TotalSeconds, task.DecodeTime.TotalSeconds);
            Volatile.Write(ref _secondsATask, 0.9 * _secondsATask + 0.1 * pace);
            outcomes.Answer(task, answer);
        }
        catch (Exception exception)
        {
            outcomes.Fault(task, exception);
        }
    }

    private static Activity? Span(string name, TaskInHand task) =>
        task.Activity is { } whole ? Activities.StartActivity(name, ActivityKind.Internal, whole.Context) : null;

    /// <summary>An image that runs alone gets all threads; otherwise each lane has one. Never both at the same time.</summary>
    private Answer Run(Detector detector, TaskInHand task, PreparedImage prepared, bool alone)
    {
        if (alone)
            _lanesOrSolo.EnterWriteLock();
        else
            _lanesOrSolo.EnterReadLock();
        try
        {
            using var step = task.Begin();
            using var span = Span("run model", task);
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
}
