namespace ImagePrediction.Torture;

/// <summary>Which faults explain which errors: what a fault does not take away must go on as if nothing had happened.</summary>
internal sealed class Excuses(IEnumerable<Event> faults)
{
    /// <summary>For this many seconds after a fault, the errors that it explains may still occur: twice as long as a killed API takes to start again.</summary>
    public const double Aftermath = 15;

    // While the service starts, it logs what is not there yet.
    private const double StartLimit = 5;

    // A connection that LateWorker suspends at Postgres' end may hold a lock that everybody needs.
    private static readonly string[] Database = ["KillPostgres", "HaltPostgres", "CutPostgres", "PartPostgres", "LossyPostgres", "LateWorker", "DiskFull"];
    private static readonly string[] Redis = ["KillRedis", "HaltRedis", "CutRedis", "PartRedis", "LossyRedis", "DiskFull"];
    private static readonly string[] Api = ["KillApi", "HaltApi", "ReplaceApi"];
    // Suspended, a worker keeps its connections and the locks on the rows of its transaction.
    private static readonly string[] Workers = ["HaltWorker", "HaltWorkers", "SlowWorker", "LateWorker"];

    private readonly List<Event> _faults = [.. faults.Where(fault => fault.Text?.StartsWith(NotDone, StringComparison.Ordinal) != true)];

    /// <summary>How the text of a fault begins that had no effect, and of one that had not the effect that it should have.</summary>
    public const string NotDone = "not done: ", InVain = "in vain: ";

    /// <summary>Whether a fault had the effect that it should have.</summary>
    public static bool IsDone(Event fault) => fault.Text is not { } text
        || (!text.StartsWith(NotDone, StringComparison.Ordinal) && !text.StartsWith(InVain, StringComparison.Ordinal));

    /// <summary>Whether a fault explains that a request got no response, or a 5xx. Redis and the time of day are never a reason.</summary>
    public bool Explains(Event call) => call.Status != 500 && (Any(call, Database) || Any(call, "HaltApi")
        || (call.Status == 0 && Any(call, Api))
        || (call.Op is "post" or "delete" && Any(call, "ImagesAway"))
        || (call.Op is "cancel" or "delete" or "retry" && Any(call, Workers)));

    /// <summary>Whether a fault explains an error in the log. Nothing explains a background service that ends with an exception.</summary>
    public bool ExplainsLog(Event log)
    {
        var category = log.Text!;
        if (category.Contains(" Microsoft.Extensions.Hosting", StringComparison.Ordinal) || category.StartsWith("Unhandled", StringComparison.Ordinal))
            return false;
        return _faults.Any(fault => fault.Op == "Start" && log.At <= fault.At + StartLimit)
            || Any(log, log.Op == "worker" ? Workers : ["HaltApi"])
            || (category.Contains(" StackExchange.Redis", StringComparison.Ordinal) ? Any(log, Redis) : Any(log, Database))
            || (category.Contains(" ImagePrediction.Api.Errors.ProblemHandler", StringComparison.Ordinal) && (Any(log, "ImagesAway") || Any(log, Workers)))
            || (category.Contains(" ImagePrediction.Worker", StringComparison.Ordinal) && Any(log, "ImagesAway"));
    }

    private bool Any(Event what, params string[] kinds) =>
        _faults.Any(fault => kinds.Contains(fault.Op) && fault.Began - 1 <= what.At && (what.Began ?? what.At) <= fault.At + Aftermath);
}
