using System.Globalization;
using System.Text;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>A request as it goes over the wire.</summary>
/// <param name="Name">What is wrong with it; unique.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="IsHttp">False when it breaks HTTP itself, which the server refuses before any code of ours: the answer may be bare then.</param>
/// <param name="IsWhole">False when it ends before it should: the client is gone then, and hears no answer.</param>
internal sealed record HostileRequest(string Name, byte[] Bytes, bool IsHttp = true, bool IsWhole = true)
{
    public override string ToString() => Name;
}

/// <summary>Uploads with odd boundaries, headers, parts and lengths around a photo that is fine.</summary>
internal static class Requests
{
    private static readonly byte[] Photo = Photos.Jpeg(64, 48);

    public static IEnumerable<HostileRequest> All() => [.. WithOddBoundaries(), .. WithOddParts(), .. WithOddHeaders(), .. WithOddLengths()];

    private static IEnumerable<HostileRequest> WithOddBoundaries()
    {
        foreach (var (what, parameter, boundary) in new[]
        {
            ("none", "", "b"), ("empty", "; boundary=", ""), ("empty in quotes", "; boundary=\"\"", ""), ("in quotes", "; boundary=\"b b\"", "b b"),
            ("half in quotes", "; boundary=\"b", "b"), ("of 70 letters", $"; boundary={new string('b', 70)}", new string('b', 70)),
            ("of 71 letters", $"; boundary={new string('b', 71)}", new string('b', 71)), ("of 20,000 letters", $"; boundary={new string('b', 20_000)}", new string('b', 20_000)),
            ("of dashes", "; boundary=----------", "----------"), ("twice", "; boundary=a; boundary=b", "b"), ("another than is used", "; boundary=a", "b"),
            ("with a tab", "; boundary=\"a\tb\"", "a\tb"), ("with non-ASCII letters", "; boundary=\"bö\"", "bö"), ("with an escape", "; boundary=\"a\\\"b\"", "a\"b"),
            ("with percent signs", "; boundary=%0d%0aX: y", "%0d%0aX: y"), ("with a null", "; boundary=\"a\0b\"", "a\0b"),
        })
        {
            yield return Post($"boundary {what}", $"multipart/form-data{parameter}", Form(boundary, Part(Photo)), isHttp: !what.Contains("null", StringComparison.Ordinal));
        }
        yield return Post("boundary with a line break into another header", "multipart/form-data; boundary=b\r\nX-Injected: yes", Form("b", Part(Photo)));
        yield return Post("boundary with a folded line", "multipart/form-data;\r\n boundary=b", Form("b", Part(Photo)), isHttp: false);
        yield return Post("boundary that the photo contains", "multipart/form-data; boundary=b", Form("b", Part([.. Photo[..300], .. "\r\n--b\r\n"u8, .. Photo[300..]])));
        yield return Post("multipart of another kind", "multipart/mixed; boundary=b", Form("b", Part(Photo)));
        yield return Post("a form without files", "application/x-www-form-urlencoded", [.. "file="u8, .. Photo]);
        yield return Post("JSON", "application/json", [.. "{\"file\":\"/etc/passwd\"}"u8]);
        yield return Post("no media type", "", Photo);
        yield return Post("a media type that is none", ";;;=,", Photo);
        yield return Post("a media type of 7,000 parameters", "multipart/form-data" + string.Concat(Enumerable.Repeat(";a=b", 7000)), Form("b", Part(Photo)));
    }

    private static IEnumerable<HostileRequest> WithOddParts()
    {
        HostileRequest Parts(string what, params byte[][] parts) => Post(what, "multipart/form-data; boundary=b", Form("b", parts));

        yield return Parts("no part");
        yield return Parts("a part without a disposition", Part(Photo, disposition: null));
        yield return Parts("a part with an empty disposition", Part(Photo, disposition: ""));
        yield return Parts("a part that is an attachment", Part(Photo, disposition: "attachment; filename=a.jpg"));
        yield return Parts("a part without a name", Part(Photo, disposition: "form-data; filename=a.jpg"));
        yield return Parts("a name that is half in quotes", Part(Photo, disposition: "form-data; name=\"file"));
        yield return Parts("a file name that leaves the folder", Part(Photo, disposition: "form-data; name=file; filename=\"../../../../etc/cron.d/x\""));
        yield return Parts("a file name of 3,000 letters", Part(Photo, disposition: $"form-data; name=file; filename={new string('x', 3000)}"));
        yield return Parts("a file name with a line break", Part(Photo, disposition: "form-data; name=file; filename=\"a\r\nX-Injected: yes\r\n\r\n\""));
        yield return Parts("a name in UTF-7", Part(Photo, disposition: "form-data; name*=UTF-7''+AGY-ile"));
        yield return Parts("1,000 tiny fields, then the photo", [.. Enumerable.Range(0, 1000).Select(i => Field($"f{i}")), Part(Photo)]);
        yield return Parts("the photo, then 1,000 tiny fields", [Part(Photo), .. Enumerable.Range(0, 1000).Select(i => Field($"f{i}"))]);
        yield return Parts("the photo twice", Part(Photo), Part(Photo));
        yield return Parts("the photo in a form in the form", Part(Form("c", Part(Photo)), extra: "Content-Type: multipart/form-data; boundary=c\r\n"));
        yield return Parts("100 forms in each other", Enumerable.Range(0, 100).Aggregate(Part(Photo), (inner, i) =>
            Part(Form($"c{i}", inner), extra: $"Content-Type: multipart/mixed; boundary=c{i}\r\n")));
        yield return Parts("a field of a megabyte", Field("a", new string('x', 1 << 20)), Part(Photo));
        yield return Parts("a part with 1,000 headers", Part(Photo, extra: string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: y\r\n"))));
        yield return Parts("a part with a header of 100 KB", Part(Photo, extra: $"X-Long: {new string('x', 100_000)}\r\n"));
        yield return Parts("a part with a header without a colon", Part(Photo, extra: "nonsense\r\n"));
        yield return Parts("a part whose headers never end", [.. "Content-Disposition: form-data; name=file\r\nX"u8, .. Photo]);
        yield return Parts("a photo in base64", Part([.. Encoding.ASCII.GetBytes(Convert.ToBase64String(Photo))], extra: "Content-Transfer-Encoding: base64\r\n"));
        yield return Post("no last boundary", "multipart/form-data; boundary=b", Form("b", Part(Photo))[..^7]);
        yield return Post("nothing behind the headers of the part", "multipart/form-data; boundary=b", Form("b", Part([]))[..^9]);
        yield return Post("line feeds alone", "multipart/form-data; boundary=b", [.. "--b\nContent-Disposition: form-data; name=file\n\n"u8, .. Photo, .. "\n--b--\n"u8]);
        yield return Post("a preamble of a megabyte", "multipart/form-data; boundary=b", [.. new byte[1 << 20], .. "\r\n"u8, .. Form("b", Part(Photo))]);
        yield return Post("an epilogue of a megabyte", "multipart/form-data; boundary=b", [.. Form("b", Part(Photo)), .. new byte[1 << 20]]);
        yield return Post("an empty body", "multipart/form-data; boundary=b", []);
        yield return Post("10,000 boundaries", "multipart/form-data; boundary=b", [.. Enumerable.Repeat("--b\r\n\r\n"u8.ToArray(), 10_000).SelectMany(b => b)]);
    }

    private static IEnumerable<HostileRequest> WithOddHeaders()
    {
        var form = Form("b", Part(Photo));
        HostileRequest With(string what, string headers, bool isHttp = true) => Post(what, "multipart/form-data; boundary=b", form, headers, isHttp);

        yield return With("500 request headers", string.Concat(Enumerable.Range(0, 500).Select(i => $"X-{i}: y\r\n")), isHttp: false);
        yield return With("a request header of 100 KB", $"X-Long: {new string('x', 100_000)}\r\n", isHttp: false);
        yield return With("a body that says it is compressed", "Content-Encoding: gzip\r\n");
        yield return With("a preference that is none", "Prefer: wait=-1, wait=1e9, wait=x, ;;=\r\n");
        yield return With("an expectation that is none", "Expect: the-impossible\r\n");
        yield return With("a trace that is none", "traceparent: 00-zz-zz-zz\r\ntracestate: =,=,=\r\n");
        yield return With("a forwarded address that is none", "X-Forwarded-For: ';DROP TABLE predictions;--\r\n");
        yield return With("two media types", "Content-Type: text/plain\r\n");
    }

    private static IEnumerable<HostileRequest> WithOddLengths()
    {
        var form = Form("b", Part(Photo));
        HostileRequest Claiming(string what, string length, byte[] body, bool isHttp = true) =>
            new(what, [.. Head("multipart/form-data; boundary=b", length, ""), .. body], isHttp);

        yield return Claiming("more bytes claimed than come", $"Content-Length: {form.Length + 1000}", form) with { IsWhole = false };
        yield return Claiming("20 GB claimed", "Content-Length: 20000000000", form);
        yield return Claiming("fewer bytes claimed than come", $"Content-Length: {form.Length - 200}", form);
        yield return Claiming("no length and no chunks", "X-Nothing: here", form);
        yield return Claiming("a negative length", "Content-Length: -5", form, isHttp: false);
        yield return Claiming("a length that is no number", "Content-Length: many", form, isHttp: false);
        yield return Claiming("two lengths", $"Content-Length: 5\r\nContent-Length: {form.Length}", form, isHttp: false);
        yield return Claiming("a length and chunks", $"Content-Length: {form.Length}\r\nTransfer-Encoding: chunked", Chunked(form), isHttp: false);
        yield return Claiming("chunks of one byte", "Transfer-Encoding: chunked", Chunked(form, 1));
        yield return Claiming("chunks that end early", "Transfer-Encoding: chunked", Chunked(form)[..^200]) with { IsWhole = false };
        yield return Claiming("a chunk of 4 EB", "Transfer-Encoding: chunked", [.. "3FFFFFFFFFFFFFFF\r\n"u8, .. form], isHttp: false);
        yield return Claiming("a chunk of no number", "Transfer-Encoding: chunked", [.. "zz\r\n"u8, .. form], isHttp: false);
        yield return Claiming("a chunk with an extension of 100 KB", "Transfer-Encoding: chunked", [.. "5;"u8, .. Enumerable.Repeat((byte)'x', 100_000), .. "\r\nhello\r\n0\r\n\r\n"u8], isHttp: false);
        yield return Claiming("an encoding that is none", "Transfer-Encoding: identity, gzip", form, isHttp: false);
    }

    private static HostileRequest Post(string name, string type, byte[] body, string headers = "", bool isHttp = true) =>
        new(name, [.. Head(type, string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}"), headers), .. body], isHttp);

    private static byte[] Head(string type, string length, string headers) => Encoding.UTF8.GetBytes(
        $"POST /image_prediction HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}{(type.Length > 0 ? $"Content-Type: {type}\r\n" : "")}{length}\r\n\r\n");

    private static byte[] Form(string boundary, params byte[][] parts)
    {
        var line = Encoding.UTF8.GetBytes(boundary);
        return [.. parts.SelectMany(part => (byte[])[.. "--"u8, .. line, .. "\r\n"u8, .. part, .. "\r\n"u8]), .. "--"u8, .. line, .. "--\r\n"u8];
    }

    private static byte[] Part(byte[] content, string? disposition = "form-data; name=file; filename=a.jpg", string extra = "") =>
        [.. Encoding.UTF8.GetBytes($"{(disposition is null ? "" : $"Content-Disposition: {disposition}\r\n")}{extra}\r\n"), .. content];

    private static byte[] Field(string name, string value = "x") => Part(Encoding.UTF8.GetBytes(value), $"form-data; name={name}");

    private static byte[] Chunked(byte[] body, int size = 4096) =>
        [.. body.Chunk(size).SelectMany(chunk => (byte[])[.. Encoding.ASCII.GetBytes($"{chunk.Length:X}\r\n"), .. chunk, .. "\r\n"u8]), .. "0\r\n\r\n"u8];
}
