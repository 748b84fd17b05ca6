namespace ImagePrediction.Torture;

/// <summary>A broken guarantee, with the events that prove it.</summary>
internal sealed record Violation(string Rule, string What, IReadOnlyList<Event> Events);

/// <summary>Checks a history against the service's guarantees. Every rule is a function of the events alone.</summary>
internal static class Checker
{
    /// <summary>Most resident memory that a process may have, in MiB: with pictures this small, twice of what it needs.</summary>
    private const long MostMemory = 400;

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
        ("each response is one that the request deserves", Undeserved),
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
        foreach (var row in all.Rows.Where(row => !all.ChangesOf(row.Id!.Value).Any()))
            yield return ($"{row.Id} is there, and nothing made it", [row]);
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
        (null, "queued") or ("queued", "processing") or ("processing", "queued" or "succeeded" or "failed") => true,
        ("queued" or "processing", "canceled") => all.IsAsked("cancel", change),
        (not null, null) => all.IsAsked("delete", change),
        ("failed", "queued") => all.IsAsked("retry", change),
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
            if (all.PostOf(row) is { Photo: { } photo } post && expected.GetValueOrDefault(photo) is { } other && !Answers.AreEqual(other.Answer, row.Answer) && !IsLost(row))
                yield return ($"{row.Id} is '{row.Answer}', and was '{other.Answer}' for the same picture before", [post, other, row, .. all.ChangesOf(row.Id!.Value)]);
        // A retry replaces the answer.
        foreach (var told in all.Seen.Concat(all.Hooks).Where(told => told.Answer is not null))
            if (all.RowOf(told.Id!.Value) is { } row && all.ChangesOf(told.Id.Value).Count(change => States.IsFinal(change.State)) == 1 && !Answers.AreEqual(row.Answer, told.Answer))
                yield return ($"{row.Id} is '{row.Answer}', and was told to be '{told.Answer}'", [told, row, .. all.ChangesOf(row.Id!.Value)]);
    }

    // It lost so many workers that it failed and says why, as documented.
    private static bool IsLost(Event row) => row.Answer!.EndsWith("worker_lost", StringComparison.Ordinal) && row.Number >= LossesThatFail;

    private static IEnumerable<(string, IEnumerable<Event>)> GoneBack(Evidence all)
    {
        foreach (var seen in all.Seen.Where(seen => seen.Version is not null).GroupBy(seen => seen.Id))
        {
            var inOrder = seen.OrderBy(one => one.At).ToList();
            foreach (var later in inOrder.Where(one => one.Began is not null))
                if (inOrder.TakeWhile(one => one.At < later.Began).MaxBy(one => one.Version) is { } newer && newer.Version > later.Version)
                    yield return ($"{seen.Key} was version {newer.Version}, and {later.Version} for who asked later", [newer, later]);
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
            foreach (var seen in all.SeenOf(id).Where(seen => seen.State != "deleted" && seen.Began > deleted.At))
                yield return ($"{id} was deleted, and then seen", [deleted, seen, .. all.ChangesOf(id)]);
        }
    }

    private static IEnumerable<(string, IEnumerable<Event>)> Refused(Evidence all)
    {
        foreach (var post in all.Posts.Where(IsRefused))
            if (all.InsertedBy(post.Reference!) is { } made)
                yield return ($"POST {post.Reference} was refused with {post.Status}, and made {made.Id}", [post, made]);
        foreach (var call in all.Calls.Where(call => call.Op is "cancel" or "delete" or "retry" && IsRefused(call)))
            if (all.ChangesOf(call.Id!.Value).FirstOrDefault(change => Evidence.IsBy(call.Op, change) && call.Began <= change.At && change.At <= call.At) is { } change
                && !all.CallsOn(call.Id.Value).Any(other => other != call && other.Op == call.Op && other.Began <= change.At))
                yield return ($"{call.Op} of {call.Id} was refused with {call.Status}, and done", [call, .. all.ChangesOf(call.Id.Value)]);
    }

    // A problem that knows the outcome.
    private static bool IsRefused(Event call) => call.Status >= 400 && call.Status != 500 && !Evidence.IsUnknown(call);

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
        .Where(stream => !States.IsFinal(stream.State) && !(stream.State == "deleted" && all.MayBeDeleted(stream.Id!.Value, stream.At)))
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
        foreach (var row in all.Rows)
            if (files.GetValueOrDefault(row.Id!.Value) is { } file && (file.Bytes != row.Bytes || (row.Reference is { } reference && file.Reference != NameOf(reference))))
                yield return ($"the image of {row.Id} is another one", [row, file]);
        // The sweep deletes such an image within two days. Legitimate reasons: an interrupted deletion, or a POST that was interrupted or lost the image store.
        var interrupted = all.Posts.Where(post => post.Status == 0 || Evidence.IsUnknown(post) || post.Text?.Contains("image-store-away", StringComparison.Ordinal) == true).Select(post => NameOf(post.Reference!)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files.Values.Where(file => all.RowOf(file.Id!.Value) is null && !interrupted.Contains(file.Reference ?? "")))
            if (!all.CallsOn(file.Id!.Value).Any(call => call.Op == "delete" && (call.Status == 0 || Evidence.IsUnknown(call))))
                yield return ($"the image {file.Id} has no row", [file, .. all.ChangesOf(file.Id!.Value), .. all.Posts.Where(post => NameOf(post.Reference!) == file.Reference)]);
    }

    /// <summary>Of the picture, which all attempts to post it share.</summary>
    private static string NameOf(string reference) => reference[..reference.LastIndexOf('-')];

    private static IEnumerable<(string, IEnumerable<Event>)> NotEmpty(Evidence all) =>
        all.Of("queue").Where(queue => queue.Number != 0).Select(queue => ($"the {queue.Op} say {queue.Number}", (IEnumerable<Event>)[queue]));

    private static IEnumerable<(string, IEnumerable<Event>)> Grown(Evidence all) => all.Of("process").GroupBy(process => process.Who)
        .Select(process => process.MaxBy(one => one.Number)!).Where(most => most.Number > MostMemory)
        .Select(most => ($"{most.Who} took {most.Number} MiB", (IEnumerable<Event>)[most]));

    private static IEnumerable<(string, IEnumerable<Event>)> Undeserved(Evidence all) => all.Calls.Where(call => !IsDeserved(call))
        .Select(call => ($"{call.Op} was answered {call.Status}", (IEnumerable<Event>)[call]));

    private static bool IsDeserved(Event call) => (call.Op, call.Status) switch
    {
        ("post", 200 or 202) => call.Photo is not null,
        ("post", 415) => call.Photo is null,
        ("get" or "last", 200 or 404) or ("list", 200) or ("delete", 204 or 404) or ("cancel", 200 or 404 or 409) or ("retry", 202 or 404 or 409) => true,
        ("stream", _) or (_, 0 or >= 500) => true, // the next rule decides
        _ => false,
    };

    private static IEnumerable<(string, IEnumerable<Event>)> Unexplained(Evidence all)
    {
        var excuses = new Excuses(all.Of("fault"));
        foreach (var log in all.Of("log").Where(log => !excuses.ExplainsLog(log)))
            yield return ($"{log.Op} logged {log.Text}", [log]);
        foreach (var call in all.Calls.Where(call => call.Op != "stream" && call.Status is 0 or >= 500 && !excuses.Explains(call)))
            yield return ($"{call.Op} was answered {(call.Status == 0 ? "nothing" : call.Status)}", [call]);
    }
}
