using System.Diagnostics.Metrics;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;

namespace ImagePrediction.Worker.Tasks;

/// <summary>A worker's metrics: durations in seconds, names from OpenTelemetry's conventions where one exists.</summary>
internal sealed class WorkerMetrics
{
    // The default bucket boundaries suit milliseconds: all durations below 5 s would fall into one bucket.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    private static readonly InstrumentAdvice<int> BatchSizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };

    private static readonly KeyValuePair<string, object?>[] Process = [new("messaging.system", "redis"), new("messaging.operation.name", "process"), new("messaging.destination.name", "tasks")];

    private readonly Histogram<double> _queueTime, _decode, _inference, _commit, _process;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _outcomes, _retries;

    public WorkerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("ImagePrediction.Worker");
        Histogram<double> Seconds(string name, string description) => meter.CreateHistogram(name, "s", description, tags: null, Durations);
        _queueTime = Seconds("imageprediction.queue.time", "From acceptance to claim");
        _decode = Seconds("imageprediction.decode.duration", "Decoding and letterboxing one image");
        _inference = Seconds("imageprediction.inference.duration", "One image in the model");
        _commit = Seconds("imageprediction.commit.duration", "Writing one batch of outcomes");
        _process = Seconds("messaging.process.duration", "From decoding to the written outcome");
        _batch = meter.CreateHistogram("imageprediction.claim.batch_size", "{task}", "Predictions claimed in one statement", tags: null, BatchSizes);
        _outcomes = meter.CreateCounter<long>("imageprediction.outcomes", "{prediction}", "Final predictions by error code");
        _retries = meter.CreateCounter<long>("imageprediction.retries", "{prediction}", "Predictions put off after a transient fault");
    }

    public void Claimed(IReadOnlyList<ClaimedTask> tasks)
    {
        _batch.Record(tasks.Count);
        foreach (var task in tasks)
            _queueTime.Record(task.Waited.TotalSeconds);
    }

    public void Decoded(TimeSpan duration) => _decode.Record(duration.TotalSeconds);

    public void Inferred(TimeSpan duration) => _inference.Record(duration.TotalSeconds);

    public void Committed(TimeSpan duration) => _commit.Record(duration.TotalSeconds);

    public void Finished(Outcome outcome)
    {
        _process.Record(outcome.Elapsed.TotalSeconds, Process);
        _outcomes.Add(1, new KeyValuePair<string, object?>("error.type", outcome.ErrorCode));
    }

    public void TimedOut(int count)
    {
        if (count > 0)
            _outcomes.Add(count, new KeyValuePair<string, object?>("error.type", ErrorCodes.TimedOut));
    }

    public void Retried() => _retries.Add(1);
}
