using System.Globalization;
using System.Runtime.InteropServices;

namespace ImagePrediction.Torture;

/// <summary>The command line.</summary>
internal static class Program
{
    private const string Usage = """
        bench/torture [--minutes N] [--seed S]
          --minutes N      how long clients and faults go on (default 10)
          --seed S         the plan of both (default 1)
          --clients C      (default 12)
          --rate R         predictions a second that they begin at most (default 30)
          --workers W      (default 3)
          --model FILE     an ONNX file in place of the shipped model
          --small-disk     the data folder is a tmpfs, and is filled (needs root)
          --network        packets between the services and Redis or Postgres are lost (needs root and nftables)
          --clock          the API's clock is set wrong (needs a C compiler, cc)
          --only I,J-K     only these faults of the schedule, by number
          --replays N      how many replays may be made to shorten a schedule that fails (default 6)
          --history FILE   where the history goes (default: a temporary file, kept if a check fails)
          --plan           prints the schedule and ends
          --check FILE     checks the history of an earlier run and ends
        """;

    /// <summary>0: no guarantee was broken; 1: at least one was; 2: invalid command line, or the service does not start; 130: interrupted.</summary>
    private static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            if (args.Contains("--help"))
            {
                Console.WriteLine(Usage);
                return 0;
            }
            if (args is ["--check", var file])
            {
                var events = await History.ReadAsync(file);
                var found = Checker.Check(events);
                Report.Print(new(events, found));
                return found.Count == 0 ? 0 : 1;
            }
            var (options, history, planOnly) = Parse(args);
            if (!planOnly)
                return await RunAsync(options, history, stop.Token);
            foreach (var (number, fault) in options.Schedule.Index())
                Console.WriteLine($"{number,4}  {fault}");
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception wrong) when (wrong is FormatException or IOException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"torture: {wrong.Message}");
            return 2;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> RunAsync(Options options, string? historyFile, CancellationToken stopping)
    {
        Console.WriteLine($"seed {options.Seed}, {options.Schedule.Count} faults in {options.Seconds / 60:0.#} minutes");
        var history = historyFile ?? Path.GetTempFileName();
        var result = await Run.ExecuteAsync(options, Console.WriteLine, history, stopping);
        Report.Print(result);
        if (result.Violations.Count == 0)
        {
            if (historyFile is null)
                File.Delete(history);
            return 0;
        }
        Console.WriteLine($"\nThe history is in {history}. Seed {options.Seed}.");
        if (options.Replays == 0)
            return 1;
        var rules = result.Violations.Select(violation => violation.Rule).ToHashSet();
        var schedule = options.Schedule;
        var shortest = await Shrinking.ShrinkAsync(schedule, async part =>
        {
            Console.WriteLine($"\nreplaying {part.Count} of {schedule.Count} faults");
            var replay = await Run.ExecuteAsync(options with { Faults = Plan.Closer(part) }, Console.WriteLine, null, stopping);
            var fails = replay.Violations.Any(violation => rules.Contains(violation.Rule)); // another one may have nothing to do with it
            Console.WriteLine(fails ? "still fails" : "does not fail");
            return fails;
        }, options.Replays);
        Console.WriteLine($"\nThe shortest part that is known to fail, of seed {options.Seed}: --only {string.Join(',', shortest.Select(fault => options.NumberOf(fault)))}");
        Console.WriteLine(string.Join(' ', shortest));
        return 1;
    }

    /// <exception cref="FormatException">An argument is unknown or has an invalid value.</exception>
    private static (Options Options, string? History, bool PlanOnly) Parse(string[] args)
    {
        var (options, history, planOnly, only) = (new Options(), (string?)null, false, (string?)null);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--small-disk" or "--network" or "--clock" or "--plan")
            {
                options = options with { SmallDisk = options.SmallDisk || args[i] == "--small-disk", Network = options.Network || args[i] == "--network", Clock = options.Clock || args[i] == "--clock" };
                planOnly |= args[i] == "--plan";
                continue;
            }
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} takes a value, or is unknown. --help lists all.");
            options = args[i++] switch
            {
                "--minutes" => options with { Seconds = 60 * Number(value, 24 * 60) },
                "--seed" => options with { Seed = (int)Number(value, int.MaxValue) },
                "--clients" => options with { Clients = (int)Number(value, 1000) },
                "--rate" => options with { Rate = Number(value, 10_000) },
                "--workers" => options with { Workers = (int)Number(value, 100) },
                "--model" => options with { Model = Path.GetFullPath(value) },
                "--replays" => options with { Replays = (int)Number(value, 1000) },
                "--only" or "--history" => options,
                _ => throw new FormatException($"Unknown option: {args[i - 1]}. --help lists all."),
            };
            if (args[i - 1] == "--only")
                only = value;
            if (args[i - 1] == "--history")
                history = Path.GetFullPath(value);
        }
        if (only is not null)
            options = options with { Numbers = [.. Numbers(only).Order()], Faults = Plan.Closer([.. Numbers(only).Select(number => options.Schedule[number])]) };
        return (options, history, planOnly);
    }

    private static double Number(string text, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= most ? number : throw new FormatException($"'{text}' is no number up to {most}.");

    private static IEnumerable<int> Numbers(string list) => list.Split(',').SelectMany(part =>
        part.Split('-') is [var first, var last] ? Enumerable.Range(int.Parse(first), int.Parse(last) - int.Parse(first) + 1) : [int.Parse(part)]);
}
