namespace ImagePrediction.Torture;

/// <summary>A history, indexed for lookups.</summary>
internal sealed class Evidence
{
    private readonly ILookup<string, Event> _kinds;
    private readonly ILookup<Guid?, Event> _changes, _calls, _hooks, _seen;
    private readonly Dictionary<Guid, Event> _rows;
    private readonly Dictionary<string, Event> _posts;
    private readonly ILookup<string, Event> _inserts;

    public Evidence(IReadOnlyList<Event> events)
    {
        _kinds = events.ToLookup(what => what.Kind);
        Calls = [.. _kinds["call"]];
        Posts = [.. Calls.Where(call => call.Op == "post")];
        Seen = [.. Calls.Concat(_kinds["event"]).Where(seen => seen.Id is not null && seen.State is not null && seen.Op != "stream")];
        (_changes, _calls, _hooks) = (_kinds["change"].ToLookup(change => change.Id), Calls.ToLookup(call => call.Id), _kinds["hook"].ToLookup(hook => hook.Id));
        _seen = Seen.ToLookup(seen => seen.Id);
        _rows = _kinds["row"].ToDictionary(row => row.Id!.Value);
        _posts = Posts.ToDictionary(post => post.Reference!, StringComparer.Ordinal);
        _inserts = Changes.Where(change => change is { Op: "insert", Reference: not null }).ToLookup(change => change.Reference!, StringComparer.Ordinal);
    }

    public IReadOnlyList<Event> Calls { get; }

    public IReadOnlyList<Event> Posts { get; }

    /// <summary>Every state that a client saw, in responses, streams and lists.</summary>
    public IReadOnlyList<Event> Seen { get; }

    public IEnumerable<Event> Accepted => Posts.Where(post => post is { Status: 200 or 202, Id: not null });

    public IEnumerable<Event> Changes => Of("change");

    public IEnumerable<Guid> Changed => _changes.Select(changes => changes.Key!.Value);

    public IEnumerable<Event> Rows => Of("row");

    public IEnumerable<Event> Hooks => Of("hook");

    public IEnumerable<Event> Of(string kind) => _kinds[kind];

    public IEnumerable<Event> ChangesOf(Guid id) => _changes[id];

    public IEnumerable<Event> CallsOn(Guid id) => _calls[id];

    public IEnumerable<Event> SeenOf(Guid id) => _seen[id];

    public IEnumerable<Event> HooksOf(Guid id) => _hooks[id];

    public Event? RowOf(Guid id) => _rows.GetValueOrDefault(id);

    /// <summary>The POST that created a row.</summary>
    public Event? PostOf(Event made) => made.Reference is { } reference ? _posts.GetValueOrDefault(reference) : null;

    public Event? InsertedBy(string reference) => _inserts[reference].FirstOrDefault();

    /// <summary>Insertions, grouped by the POST that caused them.</summary>
    public IEnumerable<IGrouping<string, Event>> Inserts => _inserts;

    /// <summary>Whether it was deleted before that moment, or may have been: a client asked for it and was not told that nothing happened.</summary>
    public bool MayBeDeleted(Guid id, double before = double.MaxValue) =>
        CallsOn(id).Any(call => call.Op == "delete" && call.Began <= before && (call.Status is 204 or 0 || IsUnknown(call)));

    /// <summary>Whether a client had asked for this change.</summary>
    public bool IsAsked(string op, Event change) => CallsOn(change.Id!.Value).Any(call => call.Op == op && call.Began <= change.At);

    /// <summary>Whether this is what the operation does when it succeeds.</summary>
    public static bool IsBy(string op, Event change) => op switch
    {
        "cancel" => change.State == "canceled",
        "delete" => change.State is null,
        _ => (change.Before, change.State) == ("failed", "queued"),
    };

    /// <summary>A problem that says that its outcome is unknown, or that a part of it happened.</summary>
    public static bool IsUnknown(Event call) => call.Status >= 500
        && (call.Text?.Contains("unknown", StringComparison.Ordinal) == true || (call.Op == "delete" && call.Text?.Contains("othing was ", StringComparison.Ordinal) != true));
}
