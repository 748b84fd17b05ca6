namespace ImagePrediction.Bench;

/// <summary>Everything known so far about one run. Thread-safe; lists are read only between phases.</summary>
internal sealed class Ledger : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter? _idsFile;
    private long _firstPost;
    private long _lastAccepted;
    private int _accepted;
    private int _gets;

    public Ledger(string? idsFile) => _idsFile = idsFile is null ? null : new StreamWriter(idsFile) { AutoFlush = true };

    /// <summary>Accepted ids in the order of their responses.</summary>
    public List<string> Ids { get; } = [];

    public List<double> PostMs { get; } = [];

    /// <summary>Open loop: how long after its scheduled time each POST was sent.</summary>
    public List<double> SlipMs { get; } = [];

    /// <summary>429 and 503 with Retry-After, by status.</summary>
    public SortedDictionary<string, int> Refused { get; } = [];

    /// <summary>POSTs that were retried, by what went wrong.</summary>
    public SortedDictionary<string, int> Retried { get; } = [];

    /// <summary>POSTs given up, by what went wrong.</summary>
    public SortedDictionary<string, int> Failed { get; } = [];

    /// <summary>GETs without a usable response (the server was unavailable, for example), by what went wrong; they were retried.</summary>
    public SortedDictionary<string, int> GetErrors { get; } = [];

    public SortedDictionary<string, int> Statuses { get; } = [];
    public SortedDictionary<string, int> ErrorCodes { get; } = [];
    public List<Snapshot> Finals { get; } = [];

    /// <summary>Accepted, but unknown or not final at the end: id and reason.</summary>
    public List<string> Lost { get; } = [];

    /// <summary>When posting began, by the wall clock, for comparison with completed_at.</summary>
    public DateTimeOffset? FirstPostAt { get; private set; }

    public int Accepted => Volatile.Read(ref _accepted);

    public int Gets => Volatile.Read(ref _gets);

    /// <summary>From the first POST sent to the last one accepted.</summary>
    public TimeSpan AcceptingTime => TimeProvider.System.GetElapsedTime(_firstPost, _lastAccepted);

    public int Posts => Accepted + Refused.Values.Sum() + Retried.Values.Sum() + Failed.Values.Sum();

    public void PostingStarts()
    {
        FirstPostAt = TimeProvider.System.GetUtcNow();
        _firstPost = _lastAccepted = TimeProvider.System.GetTimestamp();
    }

    public void AddAccepted(string id, TimeSpan latency)
    {
        lock (_lock)
        {
            Ids.Add(id);
            PostMs.Add(latency.TotalMilliseconds);
            _lastAccepted = TimeProvider.System.GetTimestamp();
            _idsFile?.WriteLine(id);
            Volatile.Write(ref _accepted, Ids.Count);
        }
    }

    public void AddSlip(TimeSpan slip)
    {
        lock (_lock)
            SlipMs.Add(slip.TotalMilliseconds);
    }

    public void AddRefused(Reply reply) => Count(Refused, Kind(reply));

    public void AddRetried(Reply reply) => Count(Retried, Kind(reply));

    public void AddFailed(Reply reply) => Count(Failed, Kind(reply));

    public void AddGet(Reply reply)
    {
        Interlocked.Increment(ref _gets);
        if (reply.Status is not (200 or 404))
            Count(GetErrors, Kind(reply));
    }

    public void AddFinal(Snapshot body)
    {
        lock (_lock)
        {
            Finals.Add(body);
            Increment(Statuses, body.Status!);
            if (body.ErrorCode is { } code)
                Increment(ErrorCodes, code);
        }
    }

    public void AddLost(string id, string why)
    {
        lock (_lock)
            Lost.Add($"{id} ({why})");
    }

    /// <summary>Adds the ids that another run received.</summary>
    public void Take(IEnumerable<string> ids)
    {
        Ids.AddRange(ids.Distinct());
        _accepted = Ids.Count;
    }

    /// <summary>The id at this index in the order of acceptance.</summary>
    public string IdAt(int index)
    {
        lock (_lock)
            return Ids[index];
    }

    public void Dispose() => _idsFile?.Dispose();

    private static string Kind(Reply reply) => reply.Fault ?? reply.Status.ToString();

    private static void Increment(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private void Count(SortedDictionary<string, int> counts, string key)
    {
        lock (_lock)
            Increment(counts, key);
    }
}
