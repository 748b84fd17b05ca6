#:property RestorePackagesWithLockFile=false
#:property PublishAot=false
using System.Globalization;
using System.Text.Json;

// Prints where the time of a POST goes: for each span of the newest args[1] traces in the dashboard at args[0], the median
// start, relative to the start of the request, and the median duration, in milliseconds.
using var http = new HttpClient();
await using var stream = await http.GetStreamAsync(new Uri(new Uri(args[0]), "/api/telemetry/spans?limit=10000"));
using var document = await JsonDocument.ParseAsync(stream);
var spans = from resource in document.RootElement.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
            from scope in resource.GetProperty("scopeSpans").EnumerateArray()
            from span in scope.GetProperty("spans").EnumerateArray()
            select (Trace: span.GetProperty("traceId").GetString()!, Name: Name(span), Begin: Nanoseconds(span, "startTimeUnixNano"), End: Nanoseconds(span, "endTimeUnixNano"));

var steps = new Dictionary<string, List<(double Begins, double Takes)>>();
var count = 0;
var newest = spans.GroupBy(span => span.Trace, StringComparer.Ordinal)
    .Select(trace => (Request: trace.FirstOrDefault(span => span.Name == "POST /image_prediction"), Spans: trace.OrderBy(span => span.Begin)))
    .Where(trace => trace.Request != default)
    .OrderByDescending(trace => trace.Request.Begin).Take(int.Parse(args[1], CultureInfo.InvariantCulture));
foreach (var (request, ofTrace) in newest)
{
    count++;
    foreach (var (span, name) in ofTrace.GroupBy(span => span.Name, StringComparer.Ordinal).SelectMany(same => same.Select((span, i) => (span, i == 0 ? same.Key : $"{same.Key}, again"))))
    {
        if (!steps.TryGetValue(name, out var all))
            steps[name] = all = [];
        all.Add(((span.Begin - request.Begin) / 1e6, (span.End - span.Begin) / 1e6));
    }
}

Console.WriteLine($"{"span, median of " + count.ToString(CultureInfo.InvariantCulture),-40} {"begins",8} {"takes",8} ms");
foreach (var (name, times) in steps.Where(step => step.Value.Count > count / 2).OrderBy(step => Median(step.Value.Select(time => time.Begins))))
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {Median(times.Select(time => time.Begins)),8:F1} {Median(times.Select(time => time.Takes)),8:F1}"));
return count > 0 ? 0 : 1;

static string Name(JsonElement span)
{
    var name = span.GetProperty("name").GetString()!;
    foreach (var attribute in span.TryGetProperty("attributes", out var attributes) ? attributes.EnumerateArray() : default)
        if (attribute.GetProperty("key").GetString() is "db.query.text" or "db.statement")
            return $"{name}: {attribute.GetProperty("value").GetProperty("stringValue").GetString()!.Split([' ', '\n'])[0]}";
    return name;
}

static long Nanoseconds(JsonElement span, string time) => long.Parse(span.GetProperty(time).GetString()!, CultureInfo.InvariantCulture);

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToList();
    return sorted[sorted.Count / 2];
}
