using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImagePrediction.Api.Errors;

/// <summary>
/// The pages that the <c>type</c> of a problem refers to: <c>/problems/{name}</c>, and all of docs/errors.md at <c>/problems</c>. The
/// document is embedded and consists only of headings, paragraphs and tables, which a test enforces.
/// </summary>
internal static partial class ErrorPages
{
    private static readonly string[] Lines = Read();

    public static void MapErrorPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/problems", (HttpContext context) => Page(context, "Errors", All())).ExcludeFromDescription();
        routes.MapGet("/problems/{name}", IResult (string name, HttpContext context) => ProblemType.All.FirstOrDefault(type => type.Name == name) is { } type
            ? Page(context, type.Title, One(type)) : new ProblemResult(ProblemType.NoSuchPath, $"No problem is called '{name}'. All of them are at /problems."))
            .ExcludeFromDescription();
    }

    private static ContentHttpResult Page(HttpContext context, string title, string content)
    {
        Pages.Protect(context.Response.Headers);
        return TypedResults.Content($"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{WebUtility.HtmlEncode(title)}</title>
              <link rel="icon" href="/favicon.svg" type="image/svg+xml">
              <link rel="stylesheet" href="/styles.css">
            </head>
            <body>
              <main class="wide errors">
            {content}
              </main>
              <footer><a href="/">Is there a dog in your photo?</a> <a href="/docs">API reference</a></footer>
            </body>
            </html>
            """, "text/html", Encoding.UTF8);
    }

    private static string One(ProblemType type)
    {
        var row = Array.FindIndex(Lines, line => line.StartsWith($"| `/problems/{type.Name}` |", StringComparison.Ordinal));
        var head = Array.FindLastIndex(Lines, row, line => line.StartsWith("| Type |", StringComparison.Ordinal));
        var entries = Cells(Lines[head]).Zip(Cells(Lines[row]), (name, value) => $"<dt>{Inline(name)}</dt><dd>{Inline(value)}</dd>");
        return $"""
            <h1>{WebUtility.HtmlEncode(type.Title)}</h1>
            <dl class="panel">{string.Concat(entries)}</dl>
            <p><a href="/problems">All errors</a></p>
            """;
    }

    private static string All()
    {
        var html = new StringBuilder();
        for (var i = 0; i < Lines.Length; i++)
        {
            if (Lines[i].StartsWith("# ", StringComparison.Ordinal))
                html.AppendLine($"<h1>{Inline(Lines[i][2..])}</h1>");
            else if (Lines[i].StartsWith("## ", StringComparison.Ordinal))
                html.AppendLine($"<h2>{Inline(Lines[i][3..])}</h2>");
            else if (Lines[i].StartsWith('|'))
                html.AppendLine(Table(Lines.Skip(i).TakeWhile(line => line.StartsWith('|')).ToList(), ref i));
            else if (Lines[i].Length > 0)
                html.AppendLine($"<p>{Inline(Lines[i])}</p>");
        }
        return html.ToString();
    }

    /// <summary>A table from a header, a separator and rows; each row has an anchor for links.</summary>
    private static string Table(List<string> lines, ref int at)
    {
        at += lines.Count - 1;
        var rows = lines.Skip(2).Select(line =>
            $"<tr id=\"{Cells(line)[0].Trim('`').Split('/')[^1]}\">{string.Concat(Cells(line).Select(cell => $"<td>{Inline(cell)}</td>"))}</tr>");
        return $"""
            <div class="scroll" tabindex="0" role="region" aria-label="{WebUtility.HtmlEncode(Cells(lines[0])[0])}"><table>
            <thead><tr>{string.Concat(Cells(lines[0]).Select(cell => $"<th scope=\"col\">{Inline(cell)}</th>"))}</tr></thead>
            <tbody>{string.Concat(rows)}</tbody>
            </table></div>
            """;
    }

    private static string[] Cells(string row) => row.Trim('|').Split('|', StringSplitOptions.TrimEntries);

    /// <summary>Renders code and links; problem types link to their pages.</summary>
    private static string Inline(string text) => Markup().Replace(WebUtility.HtmlEncode(text), match => match.Groups["code"] is { Success: true, Value: var code }
        ? code.StartsWith("/problems/", StringComparison.Ordinal) ? $"<a href=\"{code}\"><code>{code}</code></a>" : $"<code>{code}</code>"
        : $"<a href=\"{match.Groups["url"]}\">{match.Groups["text"]}</a>");

    [GeneratedRegex(@"`(?<code>[^`]+)`|\[(?<text>[^\]]+)\]\((?<url>[^)]+)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Markup();

    private static string[] Read()
    {
        using var reader = new StreamReader(typeof(ErrorPages).Assembly.GetManifestResourceStream("errors.md")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n');
    }
}
