namespace ImagePrediction.Torture;

/// <summary>What a client does with a prediction after posting it.</summary>
internal enum Step { Get, Wait, Stream, List, Cancel, Delete, Retry }

/// <summary>One prediction, from POST to its last request.</summary>
/// <param name="Photo">Index of the picture; null for a file that is not a picture and will be refused.</param>
/// <param name="WithKey">With an idempotency key: repeated until there is a response.</param>
/// <param name="AskTwice">Sent twice at once; only with a key.</param>
/// <param name="Wait">With <c>Prefer: wait</c>, in seconds.</param>
/// <param name="WithHook">With a webhook.</param>
/// <param name="Steps">The requests that follow, in order; those that wait, and streams, go on while the others are made.</param>
internal sealed record Life(int? Photo, bool WithKey, bool AskTwice, int? Wait, bool WithHook, IReadOnlyList<Step> Steps);

/// <summary>What goes wrong.</summary>
internal enum FaultKind
{
    KillApi, KillWorker, KillWorkers, KillRedis, KillPostgres,
    HaltApi, HaltWorker, HaltWorkers, HaltRedis, HaltPostgres, SlowWorker, LateWorker,
    EmptyRedis, CutRedis, CutPostgres, ImagesAway, ReplaceApi, ReplaceWorkers,
    DiskFull, // what follows needs root, or a program that may not be there
    PartRedis, PartPostgres, LossyRedis, LossyPostgres, WrongClock,
}

/// <summary>One fault of the schedule.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="At">Start, in seconds since the clients started.</param>
/// <param name="Seconds">Duration in seconds; 0 for an instantaneous fault.</param>
/// <param name="Target">Which process, if there are several; of a wrong clock, by how much.</param>
internal sealed record Fault(FaultKind Kind, double At, double Seconds, int Target)
{
    public double End => At + Seconds;

    public override string ToString() => $"{Kind}@{At:0.0}{(Seconds > 0 ? $"+{Seconds:0.0}" : "")}{(Kind is FaultKind.KillWorker or FaultKind.HaltWorker or FaultKind.SlowWorker or FaultKind.LateWorker or FaultKind.WrongClock ? $"#{Target}" : "")}";
}

/// <summary>The plan of clients and faults, derived from a seed: the same seed gives the same plan.</summary>
internal static class Plan
{
    /// <summary>After so many seconds of faults there is a calm, in which nothing may go wrong once the last fault's consequences are over.</summary>
    public const double CalmEvery = 600, Calm = 75;

    /// <summary>A client's predictions, without end.</summary>
    public static IEnumerable<Life> LivesOf(int seed, int client)
    {
        var random = new Random(unchecked((seed * 7919) + client));
        while (true)
        {
            var withKey = random.Next(2) == 0;
            yield return new(random.Next(20) == 0 ? null : random.Next(Pictures.Count), withKey, withKey && random.Next(4) == 0,
                random.Next(5) == 0 ? random.Next(1, 6) : null, random.Next(3) == 0, StepsBy(random));
        }
    }

    /// <summary>
    /// The faults of a run. Every kind occurs once before any is repeated; about half of them start while another one, of a different kind,
    /// lasts.
    /// </summary>
    public static IReadOnlyList<Fault> FaultsOf(int seed, double seconds, IReadOnlyList<FaultKind> kinds)
    {
        var random = new Random(seed);
        List<Fault> faults = [];
        Queue<FaultKind> deck = [];
        double at = 3, calmAt = CalmEvery;
        while (at < seconds - 3)
        {
            if (deck.Count == 0)
                deck = new(kinds.OrderBy(_ => random.Next()));
            var kind = deck.Dequeue();
            // Up to a minute now and then; often longer than a lease.
            var length = !Lasts(kind) ? 0 : kind == FaultKind.LateWorker ? random.Next(40, 61) : random.Next(8) == 0 ? random.Next(20, 61) : random.Next(1, 16);
            at = Math.Round(at, 1);
            var fault = new Fault(kind, at, Math.Min(length, Math.Max(1, seconds - at)), random.Next(8));
            faults.Add(fault);
            at += random.Next(2) == 0 ? random.NextDouble() * 3 : fault.Seconds + 2 + (random.NextDouble() * 10);
            if (deck.TryPeek(out var next) || kinds.Count == 1)
                at = Math.Max(at, faults.Where(f => f.Kind == (kinds.Count == 1 ? kind : next)).Select(f => f.End + 0.5).DefaultIfEmpty(0).Max());
            else
                at = Math.Max(at, faults.Max(f => f.End) + 0.5);
            if (at > calmAt)
                (at, calmAt) = (Math.Max(at, faults.Max(f => f.End) + Calm), calmAt + CalmEvery);
        }
        return faults;
    }

    /// <summary>The same faults with shorter pauses between them, for replays.</summary>
    public static IReadOnlyList<Fault> Closer(IReadOnlyList<Fault> faults)
    {
        const double longest = 3;
        List<Fault> closer = [];
        double taken = 0, busyUntil = 0;
        foreach (var fault in faults.OrderBy(f => f.At))
        {
            taken += Math.Max(0, fault.At - busyUntil - longest);
            busyUntil = Math.Max(busyUntil, fault.End);
            closer.Add(fault with { At = Math.Round(fault.At - taken, 1) });
        }
        return closer;
    }

    private static bool Lasts(FaultKind kind) => kind is FaultKind.HaltApi or FaultKind.HaltWorker or FaultKind.HaltWorkers or FaultKind.HaltRedis
        or FaultKind.HaltPostgres or FaultKind.SlowWorker or FaultKind.LateWorker or FaultKind.ImagesAway or >= FaultKind.DiskFull;

    private static List<Step> StepsBy(Random random)
    {
        List<Step> steps = [];
        for (var count = random.Next(4); count > 0; count--)
            steps.Add(random.Next(100) switch
            {
                < 30 => Step.Get,
                < 45 => Step.Wait,
                < 60 => Step.Stream,
                < 65 => Step.List,
                < 77 => Step.Cancel,
                < 87 => Step.Delete,
                _ => Step.Retry,
            });
        return steps;
    }
}
