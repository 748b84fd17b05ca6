using System.Text.Json.Serialization;

namespace ImagePrediction.Bench;

/// <summary>The results of a run. README.md explains each figure; times are in milliseconds unless the name says otherwise.</summary>
internal sealed record Figures(
    DateTimeOffset At,
    string Command,
    bool Interrupted,
    int Processors,
    Distribution FsyncMs,
    PostFigures? Posts,
    FinalFigures Finals,
    GetFigures Gets,
    CpuFigures Generator)
{
    /// <summary>Every POST was accepted or properly refused, and no accepted prediction was found lost or unsuccessful.</summary>
    public bool IsGood => Posts is not { Failed.Count: > 0 } && Finals.Lost.Count == 0 && Finals.ByStatus.Keys.All(status => status == "succeeded");

    public static Figures Of(string command, bool interrupted, Distribution fsync, Ledger ledger, Run run)
    {
        var finals = FinalFigures.Of(ledger);
        return new Figures(
            TimeProvider.System.GetUtcNow(), command, interrupted, Environment.ProcessorCount, fsync,
            ledger.FirstPostAt is null ? null : PostFigures.Of(ledger),
            finals,
            new GetFigures(ledger.Gets, PerOne(ledger.Gets, ledger.Accepted), ledger.GetErrors),
            new CpuFigures(
                Math.Round(run.PostingCpu.TotalSeconds, 2), PerOne(run.PostingCpu.TotalMicroseconds, ledger.Posts),
                Math.Round(run.CollectingCpu.TotalSeconds, 2), PerOne(run.CollectingCpu.TotalMicroseconds, run.CollectingGets)));
    }

    private static double PerOne(double amount, int count) => count == 0 ? 0 : Math.Round(amount / count, 3);
}

internal sealed record PostFigures(
    int Accepted,
    double AcceptedPerS,
    SortedDictionary<string, int> Refused,
    SortedDictionary<string, int> Retried,
    SortedDictionary<string, int> Failed,
    Distribution? LatencyMs,
    Distribution? SlipMs)
{
    public static PostFigures Of(Ledger ledger) => new(
        ledger.Accepted, Math.Round(ledger.Accepted / Math.Max(ledger.AcceptingTime.TotalSeconds, 1e-9), 1),
        ledger.Refused, ledger.Retried, ledger.Failed,
        Distribution.Of(ledger.PostMs), Distribution.Of(ledger.SlipMs));
}

internal sealed record FinalFigures(
    SortedDictionary<string, int> ByStatus,
    SortedDictionary<string, int> ByErrorCode,
    List<string> Lost,
    double? PerS,
    double[] PerSByTenth,
    Distribution? LatencyMs,
    Distribution? QueueMs,
    Distribution? InferenceMs)
{
    public static FinalFigures Of(Ledger ledger)
    {
        DateTimeOffset[] completed = [.. ledger.Finals.Select(body => body.CompletedAt).OfType<DateTimeOffset>().Order()];
        var since = ledger.FirstPostAt ?? completed.FirstOrDefault();
        return new FinalFigures(
            ledger.Statuses, ledger.ErrorCodes, ledger.Lost,
            completed.Length < 2 ? null : Rate(completed.Length, completed[^1] - since),
            Tenths(completed),
            Distribution.Of(ledger.Finals.Select(body => (body.CompletedAt - body.CreatedAt)?.TotalMilliseconds).OfType<double>()),
            Distribution.Of(ledger.Finals.Select(body => body.QueueMs).OfType<double>()),
            Distribution.Of(ledger.Finals.Select(body => body.InferenceMs).OfType<double>()));
    }

    /// <summary>The rate of each tenth of the completions, in order of time.</summary>
    private static double[] Tenths(DateTimeOffset[] completed) => completed.Length < 100
        ? []
        : [.. Enumerable.Range(0, 10).Select(i => (From: i * (completed.Length - 1) / 10, To: (i + 1) * (completed.Length - 1) / 10))
            .Select(tenth => Rate(tenth.To - tenth.From, completed[tenth.To] - completed[tenth.From]))];

    private static double Rate(int count, TimeSpan time) => Math.Round(count / Math.Max(time.TotalSeconds, 1e-6), 1);
}

internal sealed record GetFigures(int Count, double PerImage, SortedDictionary<string, int> Errors);

internal sealed record CpuFigures(double PostingS, double UsPerPost, double CollectingS, double UsPerGet);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Figures))]
internal sealed partial class FiguresJson : JsonSerializerContext;
