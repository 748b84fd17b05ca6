namespace ImagePrediction.Torture;

/// <summary>Prints the result of a run.</summary>
internal static class Report
{
    private const int MostOfOneRule = 3;

    public static void Print(Result result)
    {
        Console.WriteLine($"\n{"fault",-14} {"done",5} {"not",5} {"seconds",8}");
        foreach (var kind in result.Events.Where(what => what.Kind == "fault").GroupBy(fault => fault.Op).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var done = kind.Where(Excuses.IsDone).ToList();
            Console.WriteLine($"{kind.Key,-14} {done.Count,5} {kind.Count() - done.Count,5} {done.Sum(fault => fault.At - fault.Began!.Value),8:0}");
        }
        Console.WriteLine($"\n{"calls",-14} {"all",7}  by status, 0 for no answer");
        foreach (var op in result.Events.Where(what => what.Kind == "call" && what.Op != "stream").GroupBy(call => call.Op).OrderBy(op => op.Key, StringComparer.Ordinal))
            Console.WriteLine($"{op.Key,-14} {op.Count(),7}  {string.Join(", ", op.CountBy(call => call.Status ?? 0).OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value}"))}");
        int Count(string kind) => result.Events.Count(what => what.Kind == kind);
        Console.WriteLine($"{Count("change")} changes of {Count("row")} rows; {result.Events.Count(what => what.Op == "stream")} streams with {Count("event")} events; "
            + $"{Count("hook")} webhooks; {Count("told")} notices; {Count("log")} errors logged");
        Console.WriteLine($"rows: {string.Join(", ", result.Events.Where(what => what.Kind == "row").CountBy(row => row.State!).Select(state => $"{state.Value} {state.Key}"))}");
        Console.WriteLine($"accepted: {result.Events.Where(what => what is { Kind: "call", Op: "post", Status: 200 or 202, Client: >= 0 }).Select(post => post.Id).Distinct().Count()}; "
            + $"failed because they lost their worker four times: {result.Events.Count(what => what.Kind == "row" && what.Answer?.Contains("worker_lost", StringComparison.Ordinal) == true)}");

        foreach (var rule in result.Violations.GroupBy(violation => violation.Rule))
        {
            Console.WriteLine($"\nVIOLATED {rule.Count()} times: {rule.Key}");
            foreach (var violation in rule.Take(MostOfOneRule))
            {
                Console.WriteLine($"  {violation.What}");
                foreach (var what in violation.Events)
                    Console.WriteLine($"    {what}");
            }
        }
        Console.WriteLine(result.Violations.Count == 0 ? "\nEvery promise was kept." : "");
    }
}
