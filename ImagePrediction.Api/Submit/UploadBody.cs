using System.Buffers;
using System.Text;
using System.Text.Json;
using ImagePrediction.Api.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Submit;

/// <summary>
/// The body of an upload, read in one pass: the photo itself; a form (multipart/form-data, RFC 7578) with the photo in the field
/// <c>file</c>, and optionally <c>webhook_url</c> and <c>reference</c>; or JSON with the photo's <c>url</c> and the same options.
/// </summary>
internal sealed class UploadBody
{
    private const string FileField = "file";
    private const string WebhookField = "webhook_url", ReferenceField = "reference";
    private const string UrlMember = "url";
    private const string BoundaryIs = "boundary=";
    private const int BufferBytes = 8 << 10; // small, since thousands of slow uploads each hold one
    private const int MaxFields = 16;
    private const int MaxFieldBytes = 16 << 10;

    private static readonly SearchValues<char> BoundaryLetters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? ");

    private readonly Stream _body;
    private readonly MultipartReader? _form;
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _fields;

    /// <exception cref="ProblemException">The Content-Type is invalid, or of a form that cannot be read.</exception>
    /// <param name="request">The request whose body is read.</param>
    /// <param name="fromUrl">Whether JSON may contain the photo's URL; otherwise JSON is treated as the photo itself, and rejected.</param>
    public UploadBody(HttpRequest request, bool fromUrl)
    {
        _body = request.Body;
        IsJson = fromUrl && request.HasJsonContentType();
        // Any other body is treated as the photo itself.
        if (!IsJson && Boundary(request.ContentType) is { } boundary)
            _form = new(boundary, _body, BufferBytes) { HeadersCountLimit = 8, HeadersLengthLimit = 4 << 10 };
    }

    /// <summary>True if the body is JSON with the photo's URL, for <see cref="ReadUrlAsync"/>, instead of the photo.</summary>
    public bool IsJson { get; }

    /// <summary>The field <c>webhook_url</c>, known once the body has ended; null when there is none.</summary>
    public string? WebhookUrl => _texts.GetValueOrDefault(WebhookField);

    /// <summary>The field <c>reference</c>, known once the body has ended; null when there is none.</summary>
    public string? Reference => _texts.GetValueOrDefault(ReferenceField);

    /// <summary>The name of the photo's file; null when it was sent without one.</summary>
    public string? FileName { get; private set; }

    /// <summary>Reads the JSON to its end, and returns the photo's URL.</summary>
    /// <exception cref="ProblemException">It is not JSON, is too long, or has no <c>url</c>.</exception>
    public async Task<string> ReadUrlAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await ReadTextAsync(_body, "The JSON", cancellationToken));
            foreach (var member in json.RootElement.EnumerateObject().Where(member => member.Name is UrlMember or WebhookField or ReferenceField))
                if (member.Value.GetString() is { } text)
                    _texts[member.Name] = text;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ProblemException(ProblemType.MalformedRequest, "The JSON must be an object whose members are texts: {\"url\": \"https://example.com/photo.jpg\"}.", exception);
        }
        var url = _texts.GetValueOrDefault(UrlMember) ?? throw Malformed($"The JSON has no member '{UrlMember}', which says where the photo is.");
        FileName = Uri.TryCreate(url, UriKind.Absolute, out var where) ? Uri.UnescapeDataString(where.Segments.LastOrDefault() ?? "") : null;
        return url;
    }

    /// <summary>Reads up to the photo, and returns its stream.</summary>
    /// <exception cref="ProblemException">The form is malformed or contains no photo.</exception>
    public async Task<Stream> OpenFileAsync(CancellationToken cancellationToken) => _form is null ? _body
        : await NextFileAsync(cancellationToken) ?? throw Malformed($"The form has no field '{FileField}'. With curl: -F {FileField}=@photo.jpg");

    /// <summary>Reads the rest of the body after the photo, and rejects a second file.</summary>
    /// <exception cref="ProblemException">The form is malformed or contains a second file.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_form is not null && await NextFileAsync(cancellationToken) is not null)
            throw OneFile();
    }

    /// <summary>Reads from the body; distinguishes an unreadable body (the client's fault) from a disk that cannot be written (ours).</summary>
    public static async ValueTask<T> Reading<T>(Func<ValueTask<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is (IOException and not BadHttpRequestException) or InvalidDataException)
        {
            throw new ProblemException(ProblemType.MalformedRequest, "The form is incomplete or malformed.", exception);
        }
    }

    private async Task<Stream?> NextFileAsync(CancellationToken cancellationToken)
    {
        while (await Reading(() => new ValueTask<MultipartSection?>(_form!.ReadNextSectionAsync(cancellationToken))) is { } section)
        {
            if (_fields++ == MaxFields)
                throw Malformed($"The form has more than {MaxFields} fields.");
            if (section.GetContentDispositionHeader() is not { } disposition)
                throw Malformed("A part of the form has no valid Content-Disposition header.");
            var name = HeaderUtilities.RemoveQuotes(disposition.Name);
            if (name.Equals(FileField, StringComparison.Ordinal))
            {
                FileName ??= disposition.FileNameStar.Value ?? HeaderUtilities.UnescapeAsQuotedString(disposition.FileName).Value?.Replace("%22", "\"", StringComparison.Ordinal);
                return section.Body;
            }
            if (disposition.IsFileDisposition())
                throw OneFile();
            var text = await ReadTextAsync(section.Body, "A field of the form", cancellationToken);
            if (name.Value is WebhookField or ReferenceField && !_texts.TryAdd(name.Value, text))
                throw Malformed($"The form has more than one field '{name}'.");
        }
        return null;
    }

    /// <summary>The boundary between the parts of a form; null if the body is not a form.</summary>
    private static string? Boundary(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
            return null;
        var isKnown = MediaTypeHeaderValue.TryParse(contentType, out var type);
        if (isKnown ? !type!.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase) : !contentType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            return isKnown ? null : throw Malformed($"The Content-Type '{Shown(contentType)}' is not valid. Leave it out, or send image/jpeg or a form.");
        if (!contentType.Split(';')[0].Trim().Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw Malformed($"Send multipart/form-data with the photo in the field '{FileField}', or the photo itself as the body.");
        // Some clients omit the quotes that '=' and '/' in a boundary need (RFC 9110, section 5.6.6): it ends at the next parameter or the end.
        var boundary = isKnown ? HeaderUtilities.RemoveQuotes(type!.Boundary).ToString() : Unquoted(contentType);
        return IsLegal(boundary) ? boundary
            : throw Malformed($"The Content-Type '{Shown(contentType)}' has no valid boundary: 1 to 70 letters, digits, spaces or '()+_,-./:=?, and no space at the end (RFC 2046).");
    }

    private static string Shown(string header) => header.Length <= 100 ? header : header[..100] + "…";

    /// <summary>The value of <c>boundary=</c>, up to the next parameter or the end.</summary>
    private static string Unquoted(string contentType)
    {
        var parameter = contentType.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(part => part.StartsWith(BoundaryIs, StringComparison.OrdinalIgnoreCase));
        return HeaderUtilities.RemoveQuotes(parameter?[BoundaryIs.Length..]).ToString();
    }

    private static bool IsLegal(string boundary) =>
        boundary.Length is > 0 and <= 70 && boundary[^1] != ' ' && !boundary.AsSpan().ContainsAnyExcept(BoundaryLetters);

    private static async Task<string> ReadTextAsync(Stream text, string what, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        var length = await Reading(() => text.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
        return length <= MaxFieldBytes ? Encoding.UTF8.GetString(buffer, 0, length)
            : throw Malformed($"{what} is larger than {MaxFieldBytes} bytes.");
    }

    private static ProblemException OneFile() =>
        Malformed($"The form must contain one file, in the field '{FileField}'. Send each photo in a request of its own.");

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
