using System.Text;
using ImagePrediction.Api.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Predictions;

/// <summary>Finds the one field <c>file</c>, and <c>webhook_url</c> if it is there, in a multipart/form-data body (RFC 7578), streaming.</summary>
internal static class MultipartUpload
{
    private const string FileField = "file";
    private const int BufferBytes = 8 << 10; // thousands of slow uploads each hold one
    private const string WebhookField = "webhook_url";
    private const int MaxFields = 16;
    private const int MaxFieldBytes = 16 << 10;

    /// <summary>
    /// Hands the file's content to <paramref name="receive"/>, then makes sure that nothing else of weight follows. Returns
    /// what was received, and the text of the field <c>webhook_url</c>, before or after the file; null when there is none.
    /// </summary>
    /// <exception cref="ProblemException">The body is no well-formed form, or holds no file or several.</exception>
    public static async Task<(T Received, string? WebhookUrl)> ReadAsync<T>(
        HttpRequest request, Func<Stream, Task<T>> receive, CancellationToken cancellationToken)
        where T : class
    {
        var reader = new MultipartReader(Boundary(request), request.Body, BufferBytes) { HeadersCountLimit = 8, HeadersLengthLimit = 4 << 10 };
        T? received = null;
        string? webhook = null;
        for (var fields = 0; await NextAsync(reader, cancellationToken) is { } section; fields++)
        {
            if (fields == MaxFields)
                throw Malformed($"The form has more than {MaxFields} fields.");
            if (section.GetContentDispositionHeader() is not { } disposition)
                throw Malformed("A part of the form has no valid Content-Disposition header.");

            var name = HeaderUtilities.RemoveQuotes(disposition.Name);
            var isFile = name.Equals(FileField, StringComparison.Ordinal);
            if (isFile && received is null)
                received = await receive(section.Body);
            else if (isFile || disposition.IsFileDisposition())
                throw Malformed($"The form must hold one file, in the field '{FileField}'. Send other photos in requests of their own.");
            else if (!name.Equals(WebhookField, StringComparison.Ordinal))
                await ReadTextAsync(section, cancellationToken);
            else if (webhook is null)
                webhook = await ReadTextAsync(section, cancellationToken);
            else
                throw Malformed($"The form has more than one field '{WebhookField}'.");
        }
        return (received ?? throw Malformed($"The form has no field '{FileField}'. With curl: -F {FileField}=@photo.jpg"), webhook);
    }

    /// <summary>Tells a body that cannot be read (the client's fault) from a disk that cannot be written (ours).</summary>
    public static async ValueTask<T> Reading<T>(Func<ValueTask<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is (IOException and not BadHttpRequestException) or InvalidDataException)
        {
            throw new ProblemException(ProblemType.MalformedRequest, "The form is cut off or not well-formed.", exception);
        }
    }

    /// <summary>Whether a request says that its body is a form; any other body is taken for the image itself.</summary>
    public static bool IsForm(HttpRequest request) => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase);

    private static string Boundary(HttpRequest request)
    {
        var type = MediaTypeHeaderValue.Parse(request.ContentType);
        if (!type.SubType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            throw Malformed($"Send multipart/form-data with the photo in the field '{FileField}', or the photo itself as the body.");
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= 70 ? boundary : throw Malformed("The Content-Type names no valid boundary.");
    }

    private static ValueTask<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken cancellationToken) =>
        Reading(() => new ValueTask<MultipartSection?>(reader.ReadNextSectionAsync(cancellationToken)));

    private static async Task<string> ReadTextAsync(MultipartSection section, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        var length = await Reading(() => section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
        return length <= MaxFieldBytes ? Encoding.UTF8.GetString(buffer, 0, length)
            : throw Malformed($"A field of the form is larger than {MaxFieldBytes} bytes.");
    }

    private static ProblemException Malformed(string detail) => new(ProblemType.MalformedRequest, detail);
}
