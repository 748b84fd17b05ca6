using System.Diagnostics.Metrics;
using ImagePrediction.Store;

namespace ImagePrediction.Worker.Tasks;

/// <summary>What a worker measures; seconds, by OpenTelemetry's conventions where there is one.</summary>
internal sealed class WorkerMetrics
{
    private readonly Histogram<double> _queueTime, _decode, _inference, _commit, _process;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _outcomes, _retries;

    public WorkerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("ImagePrediction.Worker");
        _queueTime = meter.CreateHistogram<double>("imageprediction.queue.time", "s", "From acceptance to claim");
        _decode = meter.CreateHistogram<double>("imageprediction.decode.duration", "s", "Decoding and letterboxing one image");
        _inference = meter.CreateHistogram<double>("imageprediction.inference.duration", "s", "One image in the model");
        _commit = meter.CreateHistogram<double>("imageprediction.commit.duration", "s", "Writing one batch of outcomes");
        _process = meter.CreateHistogram<double>("messaging.process.duration", "s", "From decoding to the written outcome");
        _batch = meter.CreateHistogram<int>("imageprediction.claim.batch_size", "{task}", "Predictions claimed in one statement");
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
        _process.Record(outcome.Elapsed.TotalSeconds);
        _outcomes.Add(1, new KeyValuePair<string, object?>("error.type", outcome.ErrorCode));
    }

    public void Retried() => _retries.Add(1);
}
