using System.Text.Json;

namespace ImagePrediction.Bench;

/// <summary>Prints the figures for people and writes them for programs.</summary>
internal static class Report
{
    public static void Print(Figures figures)
    {
        if (figures.Interrupted)
            Console.WriteLine("Interrupted: what is known so far");
        Line("machine", $"{figures.Processors} CPUs, fsync ms {figures.FsyncMs}");
        if (figures.Posts is { } posts)
            Print(posts);
        Print(figures.Finals);
        Line("gets", $"{figures.Gets.Count:N0}, {figures.Gets.PerImage:N2} an image");
        Line("GET errors", Counts(figures.Gets.Errors));
        Line("generator CPU", $"{figures.Generator.PostingS:N2} s posting ({figures.Generator.UsPerPost:N0} us a POST), " +
            $"{figures.Generator.CollectingS:N2} s collecting ({figures.Generator.UsPerGet:N0} us a GET)");
        Line("verdict", figures.Interrupted ? "none: interrupted" : figures.IsGood ? "good" : "BAD: see lost, failed and outcomes");
    }

    public static void Write(Figures figures, string path) =>
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(figures, FiguresJson.Default.Figures));

    private static void Print(PostFigures posts)
    {
        Line("accepted", $"{posts.Accepted:N0}, {posts.AcceptedPerS:N1}/s");
        Line("refused", Counts(posts.Refused));
        Line("tried again", Counts(posts.Retried));
        Line("failed", Counts(posts.Failed));
        Line("POST ms", $"{posts.LatencyMs}");
        if (posts.SlipMs is not null)
            Line("sent late by ms", $"{posts.SlipMs}");
    }

    private static void Print(FinalFigures finals)
    {
        Line("outcomes", Counts(finals.ByStatus));
        Line("error codes", Counts(finals.ByErrorCode));
        Line("POST to final", finals.PerS is { } rate ? $"{rate:N1}/s" : "");
        Line("POST to final ms", $"{finals.LatencyMs}");
        Line("queue ms", $"{finals.QueueMs}");
        Line("inference ms", $"{finals.InferenceMs}");
        Line("/s by tenth", string.Join("  ", finals.PerSByTenth.Select(rate => $"{rate:N0}")));
        Line("lost", finals.Lost.Count == 0 ? "none" : $"{finals.Lost.Count:N0}: {string.Join(", ", finals.Lost.Take(20))}");
    }

    private static void Line(string name, string text)
    {
        if (text.Length > 0)
            Console.WriteLine($"{name,-17}{text}");
    }

    private static string Counts(SortedDictionary<string, int> counts) =>
        string.Join(", ", counts.Select(count => $"{count.Key} {count.Value:N0}"));
}
