namespace ImagePrediction.Torture;

/// <summary>What a client does with a prediction that it has posted.</summary>
internal enum Step { Get, Wait, Stream, List, Cancel, Delete, Retry }

/// <summary>One prediction as a client means to treat it.</summary>
/// <param name="Photo">Which picture; null for what is none, and refused.</param>
/// <param name="WithKey">With an idempotency key: it is sent again until it is answered.</param>
/// <param name="AskTwice">Sent again although it was answered; with a key only.</param>
/// <param name="Wait">With <c>Prefer: wait</c>, in seconds.</param>
/// <param name="WithHook">With a webhook.</param>
/// <param name="Steps">What follows, one after the other.</param>
internal sealed record Life(int? Photo, bool WithKey, bool AskTwice, int? Wait, bool WithHook, IReadOnlyList<Step> Steps);

/// <summary>What is done to the service.</summary>
internal enum FaultKind
{
    KillApi, KillWorker, KillWorkers, KillRedis, KillPostgres,
    HaltApi, HaltWorker, HaltWorkers, HaltRedis, HaltPostgres, SlowWorker, LateWorker,
    EmptyRedis, CutRedis, CutPostgres, ImagesAway,
    DiskFull, // what follows needs root, or a program that may not be there
    PartRedis, PartPostgres, LossyRedis, LossyPostgres, WrongClock,
}

/// <summary>One fault of the schedule.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When, in seconds since the clients began.</param>
/// <param name="Seconds">For how long; 0 for what is over at once.</param>
/// <param name="Target">Which one, where there are several.</param>
internal sealed record Fault(FaultKind Kind, double At, double Seconds, int Target)
{
    public double End => At + Seconds;

    public override string ToString() => $"{Kind}@{At:0.0}{(Seconds > 0 ? $"+{Seconds:0.0}" : "")}{(Kind is FaultKind.KillWorker or FaultKind.HaltWorker or FaultKind.SlowWorker or FaultKind.LateWorker or FaultKind.WrongClock ? $"#{Target}" : "")}";
}

/// <summary>What clients and faults do, by a seed: the same seed, the same plan.</summary>
internal static class Plan
{
    /// <summary>What a client does, without end.</summary>
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
    /// The faults of so many seconds. Every kind comes once before any comes again; about half of them begin while another lasts, as
    /// long as they are of different kinds.
    /// </summary>
    public static IReadOnlyList<Fault> FaultsOf(int seed, double seconds, IReadOnlyList<FaultKind> kinds)
    {
        var random = new Random(seed);
        List<Fault> faults = [];
        Queue<FaultKind> deck = [];
        double at = 3;
        while (at < seconds - 3)
        {
            if (deck.Count == 0)
                deck = new(kinds.OrderBy(_ => random.Next()));
            var kind = deck.Dequeue();
            // A minute now and then; one longer than a lease often enough.
            var length = !Lasts(kind) ? 0 : kind == FaultKind.LateWorker ? random.Next(20, 31) : random.Next(8) == 0 ? random.Next(20, 61) : random.Next(1, 16);
            at = Math.Round(at, 1);
            var fault = new Fault(kind, at, Math.Min(length, Math.Max(1, seconds - at)), random.Next(8));
            faults.Add(fault);
            at += random.Next(2) == 0 ? random.NextDouble() * 3 : fault.Seconds + 2 + (random.NextDouble() * 10);
            if (deck.TryPeek(out var next) || kinds.Count == 1)
                at = Math.Max(at, faults.Where(f => f.Kind == (kinds.Count == 1 ? kind : next)).Select(f => f.End + 0.5).DefaultIfEmpty(0).Max());
            else
                at = Math.Max(at, faults.Max(f => f.End) + 0.5);
        }
        return faults;
    }

    /// <summary>The same faults with the pauses between them cut short: for replays.</summary>
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
