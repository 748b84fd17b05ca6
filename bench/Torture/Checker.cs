namespace ImagePrediction.Torture;

/// <summary>A broken guarantee, with the events that prove it.</summary>
internal sealed record Violation(string Rule, string What, IReadOnlyList<Event> Events);

/// <summary>Checks a history against the service's guarantees. Every rule is a function of the events alone.</summary>
internal static class Checker
{
    /// <summary>Most resident memory that a process may have, in MiB. The service promises 512 for itself; shared libraries are counted here as well.</summary>
    private const long MostMemory = 768;

    // For this many seconds after a fault, its consequences may still be logged and cause errors.
    private const double Aftermath = 60;

    private const int LossesThatFail = 4;

    private static readonly (string Rule, Func<Evidence, IEnumerable<(string What, IEnumerable<Event> Events)>> Find)[] Rules =
    [
        ("what was accepted is found until it is deleted", Lost),
        ("what was accepted becomes final", Open),
        ("a state changes as the state machine allows, and a final one never", Illegal),
        ("only the worker that holds a claim finishes it", Fence),
        ("the answer is the one of an undisturbed run", Different),
        ("versions only rise, for one reader and across readers", GoneBack),
        ("a canceled prediction stays canceled", NotCanceled),
        ("a deleted prediction stays deleted", NotDeleted),
        ("what was refused left nothing behind", Refused),
        ("one key makes one prediction", Twice),
        ("a subscriber is told the end", NotTold),
        ("a webhook is told each final state, and no other", NoHook),
        ("a notice comes after the commit", TooEarly),
        ("no row is without its image, and no image without a row or a reason", Images),
        ("the queue is empty in the end", NotEmpty),
        ("no process grows without bound", Grown),
        ("no error is logged, or answered, that no fault explains", Unexplained),
    ];

    public static IEnumerable<string> RuleNames => Rules.Select(rule => rule.Rule);

    /// <summary>All violations.</summary>
    public static IReadOnlyList<Violation> Check(IReadOnlyList<Event> events)
    {
        var evidence = new Evidence(events);
        return [.. Rules.SelectMany(rule => rule.Find(evidence).Select(found => new Violation(rule.Rule, found.What, [.. found.Events.Take(20)])))];
    }

    private static IEnumerable<(string, IEnumerable<Event>)> Lost(Evidence all)
    {
        foreach (var accepted in all.Accepted)
        {
            var id = accepted.Id!.Value;
            if (all.RowOf(id) is null && !all.MayBeDeleted(id))
                yield return ($"{id} was accepted and is not there", [accepted, .. all.ChangesOf(id)]);
            foreach (var unknown in all.CallsOn(id).Where(call => call.Status == 404 && call.Began > accepted.At && !all.MayBeDeleted(id, call.At)))
                yield return ($"{id} was accepted and then unknown", [accepted, unknown, .. all.ChangesOf(id)]);
        }
    }

    private static IEnumerable<(string, IEnumerable<Event>)> Open(Evidence all) =>
        all.Rows.Where(row => !States.IsFinal(row.State)).Select(row => ($"{row.Id} is still {row.State}", all.ChangesOf(row.Id!.Value).Append(row)));

    private static IEnumerable<(string, IEnumerable<Event>)> Illegal(Evidence all)
    {
        foreach (var id in all.Changed)
        {
            Event? before = null;
            foreach (var change in all.ChangesOf(id))
            {
                var isNext = before is null ? change.Op == "insert" : change.Before == before.State && (change.Op == "delete" || change.Version == before.Version + 1);
                if (!isNext || !IsLegal(change, all))
                    yield return ($"{id}: {change.Before ?? "nothing"} → {change.State ?? "nothing"}, version {change.Version}", all.ChangesOf(id));
                before = change;
            }
            if (all.RowOf(id) is { } row && before is not null && (row.State, row.Version) != (before.State, before.Version))
                yield return ($"{id} is {row.State}, and no change made it so", all.ChangesOf(id).Append(row));
        }
        foreach (var seen in all.Seen.Where(seen => seen.Version is not null && all.ChangesOf(seen.Id!.Value).Any()))
            if (all.ChangesOf(seen.Id!.Value).FirstOrDefault(change => change.Version == seen.Version) is var change && change?.State != seen.State)
                yield return ($"{seen.Id} was seen as {seen.State}, which version {seen.Version} never was", all.ChangesOf(seen.Id!.Value).Append(seen));
    }

    private static bool IsLegal(Event change, Evidence all) => (change.Before, change.State) switch
    {
        (null, "queued") or (not null, null) or ("queued", "processing") or ("queued", "canceled") => true,
        ("processing", "queued" or "succeeded" or "failed" or "canceled") => true,
        ("failed", "queued") => all.CallsOn(change.Id!.Value).Any(call => call.Op == "retry" && call.Began <= change.At),
        _ => false,
    };

    private static IEnumerable<(string, IEnumerable<Event>)> Fence(Evidence all) => all.Changes
        .Where(change => change is { Before: "processing", State: "succeeded" or "failed" } && change.Who!.StartsWith("ImagePrediction.Worker/", StringComparison.Ordinal)
            && change.Who[(change.Who.IndexOf('/') + 1)..] != change.Holder![(change.Holder!.LastIndexOf('/') + 1)..])
        .Select(change => ($"{change.Id} was held by {change.Holder} and finished by {change.Who}", all.ChangesOf(change.Id!.Value)));

    private static IEnumerable<(string, IEnumerable<Event>)> Different(Evidence all)
    {
        var expected = all.Rows.Where(row => all.PostOf(row) is { Client: < 0, Photo: not null }).ToDictionary(row => all.PostOf(row)!.Photo!.Value, row => row);
        foreach (var row in all.Rows.Where(row => row.State is "succeeded" or "failed"))
            if (all.PostOf(row) is { Photo: { } photo } post && expected.GetValueOrDefault(photo) is { } other && other.Answer != row.Answer && !IsLost(row, all))
                yield return ($"{row.Id} is '{row.Answer}', and was '{other.Answer}' for the same picture before", [post, other, row, .. all.ChangesOf(row.Id!.Value)]);
    }

    // It lost so many workers that it failed and says why, as documented.
    private static bool IsLost(Event row, Evidence all) => row.Answer!.EndsWith("worker_lost", StringComparison.Ordinal)
        && all.ChangesOf(row.Id!.Value).Count(change => change.State == "processing") >= LossesThatFail;

    private static IEnumerable<(string, IEnumerable<Event>)> GoneBack(Evidence all)
    {
        foreach (var seen in all.Seen.Where(seen => seen.Version is not null).GroupBy(seen => seen.Id))
        {
            var inOrder = seen.OrderBy(one => one.At).ToList();
            foreach (var call in inOrder.Where(one => one.Kind == "call"))
                if (inOrder.TakeWhile(one => one.At < call.Began).MaxBy(one => one.Version) is { } newer && newer.Version > call.Version)
                    yield return ($"{seen.Key} was version {newer.Version}, and {call.Version} for who asked later", [newer, call]);
            foreach (var stream in seen.Where(one => one.Kind == "event").GroupBy(one => one.Who))
                foreach (var (first, second) in stream.Zip(stream.Skip(1)))
                    if (second.Version < first.Version)
                        yield return ($"{seen.Key} went back from {first.Version} to {second.Version} in one stream", [first, second]);
        }
    }

    private static IEnumerable<(string, IEnumerable<Event>)> NotCanceled(Evidence all) => all.Calls
        .Where(call => call is { Op: "cancel", Status: 200 } && (!all.ChangesOf(call.Id!.Value).Any(change => change.State == "canceled") || all.RowOf(call.Id.Value) is { State: not "canceled" }))
        .Select(call => ($"{call.Id} was canceled, and is not", all.ChangesOf(call.Id!.Value).Prepend(call)));

    private static IEnumerable<(string, IEnumerable<Event>)> NotDeleted(Evidence all)
    {
        foreach (var deleted in all.Calls.Where(call => call is { Op: "delete", Status: 204 }))
        {
            var id = deleted.Id!.Value;
            if (all.RowOf(id) is { } row)
                yield return ($"{id} was deleted, and is there", [deleted, row, .. all.ChangesOf(id)]);
            foreach (var seen in all.CallsOn(id).Where(call => call.Status is 200 or 202 && call.Op is not ("post" or "stream") && call.Began > deleted.At))
                yield return ($"{id} was deleted, and then seen", [deleted, seen, .. all.ChangesOf(id)]);
        }
    }

    private static IEnumerable<(string, IEnumerable<Event>)> Refused(Evidence all) => all.Posts
        .Where(post => post.Status >= 400 && post.Status != 500 && post.Text?.Contains("was accepted is unknown", StringComparison.Ordinal) != true && all.InsertedBy(post.Reference!) is not null)
        .Select(post => ($"POST {post.Reference} was refused with {post.Status}, and made {all.InsertedBy(post.Reference!)!.Id}", (IEnumerable<Event>)[post, all.InsertedBy(post.Reference!)!]));

    private static IEnumerable<(string, IEnumerable<Event>)> Twice(Evidence all)
    {
        foreach (var inserts in all.Inserts.Where(inserts => inserts.Skip(1).Any()))
            yield return ($"POST {inserts.Key} made several", inserts);
        foreach (var key in all.Posts.Where(post => post.Key is not null).GroupBy(post => post.Key))
        {
            var made = key.Select(post => all.InsertedBy(post.Reference!)).OfType<Event>().ToList();
            var answered = key.Where(post => post.Status is 200 or 202).Select(post => post.Id);
            if (made.Select(insert => insert.Id).Concat(answered).Distinct().Skip(1).Any())
                yield return ($"the key {key.Key} made several", key.Concat(made));
        }
    }

    private static IEnumerable<(string, IEnumerable<Event>)> NotTold(Evidence all) => all.Calls.Where(call => call.Op == "stream")
        .Where(stream => stream.State is null || (stream.State == "deleted" && !all.MayBeDeleted(stream.Id!.Value, stream.At)))
        .Select(stream => ($"the stream {stream.Who} of {stream.Id} ended with {stream.State ?? "nothing"}", all.ChangesOf(stream.Id!.Value).Prepend(stream)));

    private static IEnumerable<(string, IEnumerable<Event>)> NoHook(Evidence all)
    {
        foreach (var insert in all.Changes.Where(change => change.Op == "insert" && all.PostOf(change)?.Hook == true))
        {
            var id = insert.Id!.Value;
            if (all.MayBeDeleted(id))
                continue;
            foreach (var state in all.ChangesOf(id).Where(change => States.IsFinal(change.State)).GroupBy(change => change.State))
                if (all.HooksOf(id).Where(hook => hook.State == state.Key && hook.Status < 300).Select(hook => hook.Text).Distinct().Count() < state.Count())
                    yield return ($"{id} became {state.Key} {state.Count()} times, and the receiver was not told as often", [.. all.ChangesOf(id), .. all.HooksOf(id)]);
        }
        foreach (var hook in all.Hooks.Where(hook => !all.ChangesOf(hook.Id!.Value).Any(change => change.State == hook.State && States.IsFinal(hook.State))))
            yield return ($"a webhook said that {hook.Id} is {hook.State}, which it never was", [hook, .. all.ChangesOf(hook.Id!.Value)]);
    }

    private static IEnumerable<(string, IEnumerable<Event>)> TooEarly(Evidence all) => all.Of("told")
        .Where(told => told is { Op: "was never final", State: not null })
        .Select(told => ($"{told.Id} was told to be final and was {told.State}", all.ChangesOf(told.Id!.Value).Prepend(told)));

    private static IEnumerable<(string, IEnumerable<Event>)> Images(Evidence all)
    {
        var files = all.Of("file").ToDictionary(file => file.Id!.Value);
        foreach (var row in all.Rows.Where(row => !files.ContainsKey(row.Id!.Value)))
            yield return ($"{row.Id} has no image", all.ChangesOf(row.Id!.Value).Append(row));
        // The sweep deletes such an image a day later. Legitimate reasons: an interrupted POST or an interrupted deletion.
        foreach (var file in files.Values.Where(file => all.RowOf(file.Id!.Value) is null && !all.MayBeDeleted(file.Id!.Value)))
            if (!all.Posts.Any(post => post.Status is 0 or >= 500 && post.Began - 1 <= file.At && file.At <= post.At + Aftermath))
                yield return ($"the image {file.Id} has no row", all.ChangesOf(file.Id!.Value).Append(file));
    }

    private static IEnumerable<(string, IEnumerable<Event>)> NotEmpty(Evidence all) =>
        all.Of("queue").Where(queue => queue.Number != 0).Select(queue => ($"the figures say {queue.Number}", (IEnumerable<Event>)[queue]));

    private static IEnumerable<(string, IEnumerable<Event>)> Grown(Evidence all) => all.Of("process").GroupBy(process => process.Who)
        .Select(process => process.MaxBy(one => one.Number)!).Where(most => most.Number > MostMemory)
        .Select(most => ($"{most.Who} took {most.Number} MiB", (IEnumerable<Event>)[most]));

    private static IEnumerable<(string, IEnumerable<Event>)> Unexplained(Evidence all)
    {
        bool IsExplained(double at) => all.Of("fault").Any(fault => fault.Began - 1 <= at && at <= fault.At + Aftermath);
        foreach (var log in all.Of("log").Where(log => !IsExplained(log.At)))
            yield return ($"{log.Op} logged {log.Text}", [log]);
        foreach (var call in all.Calls.Where(call => call.Status == 500 || (call.Status is 0 or > 500 && !IsExplained(call.Began!.Value) && !IsExplained(call.At))))
            yield return ($"{call.Op} was answered {(call.Status == 0 ? "nothing" : call.Status)}", [call]);
    }
}

/// <summary>A history, indexed for lookups.</summary>
internal sealed class Evidence
{
    private readonly ILookup<string, Event> _kinds;
    private readonly ILookup<Guid?, Event> _changes, _calls, _hooks;
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
        _rows = _kinds["row"].ToDictionary(row => row.Id!.Value);
        _posts = Posts.ToDictionary(post => post.Reference!, StringComparer.Ordinal);
        _inserts = Changes.Where(change => change is { Op: "insert", Reference: not null }).ToLookup(change => change.Reference!, StringComparer.Ordinal);
    }

    public IReadOnlyList<Event> Calls { get; }

    public IReadOnlyList<Event> Posts { get; }

    /// <summary>Every state that a client saw, in responses and in streams.</summary>
    public IReadOnlyList<Event> Seen { get; }

    public IEnumerable<Event> Accepted => Posts.Where(post => post is { Status: 200 or 202, Id: not null });

    public IEnumerable<Event> Changes => Of("change");

    public IEnumerable<Guid> Changed => _changes.Select(changes => changes.Key!.Value);

    public IEnumerable<Event> Rows => Of("row");

    public IEnumerable<Event> Hooks => Of("hook");

    public IEnumerable<Event> Of(string kind) => _kinds[kind];

    public IEnumerable<Event> ChangesOf(Guid id) => _changes[id];

    public IEnumerable<Event> CallsOn(Guid id) => _calls[id];

    public IEnumerable<Event> HooksOf(Guid id) => _hooks[id];

    public Event? RowOf(Guid id) => _rows.GetValueOrDefault(id);

    /// <summary>The POST that created a row.</summary>
    public Event? PostOf(Event made) => made.Reference is { } reference ? _posts.GetValueOrDefault(reference) : null;

    public Event? InsertedBy(string reference) => _inserts[reference].FirstOrDefault();

    /// <summary>Insertions, grouped by the POST that caused them.</summary>
    public IEnumerable<IGrouping<string, Event>> Inserts => _inserts;

    /// <summary>Whether a client requested its deletion before that moment, whatever the response was.</summary>
    public bool MayBeDeleted(Guid id, double before = double.MaxValue) => CallsOn(id).Any(call => call.Op == "delete" && call.Began <= before);
}
