namespace ImagePrediction.Torture;

/// <summary>Which faults explain which errors: what a fault does not take away must go on as if nothing had happened.</summary>
internal sealed class Excuses(IEnumerable<Event> faults)
{
    /// <summary>For this many seconds after a fault, the errors that it explains may still occur: an API that was killed again and again starts within 15.</summary>
    public const double Aftermath = 30;

    // While the service starts, it logs what is not there yet.
    private const double StartLimit = 5;

    private static readonly string[] Database = ["KillPostgres", "HaltPostgres", "CutPostgres", "PartPostgres", "LossyPostgres", "DiskFull"];
    private static readonly string[] Redis = ["KillRedis", "HaltRedis", "CutRedis", "PartRedis", "LossyRedis", "DiskFull"];
    private static readonly string[] Images = ["ImagesAway", "DiskFull"];
    private static readonly string[] Api = ["KillApi", "HaltApi", "ReplaceApi"];
    // A suspended worker keeps its connections and the locks of its transaction.
    private static readonly string[] Workers = ["HaltWorker", "HaltWorkers", "SlowWorker", "LateWorker"];

    private readonly List<Event> _faults = [.. faults.Where(IsDone)];

    /// <summary>Whether a fault really took place.</summary>
    public static bool IsDone(Event fault) => fault.Text?.StartsWith("not done", StringComparison.Ordinal) != true;

    /// <summary>Whether a fault explains that a request got no response, or a 5xx. Redis and the time of day are never a reason.</summary>
    public bool Explains(Event call) => call.Status != 500
        && (Any(call, Database) || Any(call, Images) || Any(call, Workers) || Any(call, "HaltApi") || (call.Status == 0 && Any(call, Api)));

    /// <summary>Whether a fault explains an error in the log. Nothing explains a background service that ends with an exception.</summary>
    public bool ExplainsLog(Event log)
    {
        var category = log.Text!;
        if (category.Contains(" Microsoft.Extensions.Hosting", StringComparison.Ordinal) || category.StartsWith("Unhandled", StringComparison.Ordinal))
            return false;
        return _faults.Any(fault => fault.Op == "Start" && log.At <= fault.At + StartLimit) || Any(log, "HaltApi") || Any(log, Workers)
            || (category.Contains(" StackExchange.Redis", StringComparison.Ordinal) ? Any(log, Redis) : Any(log, Database) || Any(log, Images));
    }

    private bool Any(Event what, params string[] kinds) =>
        _faults.Any(fault => kinds.Contains(fault.Op) && fault.Began - 1 <= what.At && (what.Began ?? what.At) <= fault.At + Aftermath);
}
