using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ImagePrediction.Api.Errors;
using ImagePrediction.Decoding;
using ImagePrediction.Images;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Submit;

/// <summary>An image received in full, with its header read but its pixels not decoded.</summary>
/// <param name="Format">Determined from the content.</param>
/// <param name="Header">Upright width and height.</param>
/// <param name="Hash">SHA-256 of its bytes, if requested.</param>
internal sealed record Upload(ImageFormat Format, ImageHeader Header, byte[]? Hash = null)
{
    // Small, since thousands of slow uploads each hold one.
    private const int BufferBytes = 16 << 10;

    /// <summary>Copies an image from a request into the store's temporary file, rejecting it as early as possible.</summary>
    /// <exception cref="ProblemException">It is too large, not in an accepted format, or its header is broken.</exception>
    public static async Task<Upload> ReceiveAsync(
        Stream body, IncomingImage incoming, UploadOptions limits, bool withHash, CancellationToken cancellationToken)
    {
        using var hash = withHash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var count = await UploadBody.Reading(() => body.ReadAtLeastAsync(
                buffer, ImageFormat.HeadBytes, throwOnEndOfStream: false, cancellationToken));
            var format = Recognise(buffer.AsSpan(0, count));
            while (count > 0)
            {
                if (incoming.Length + count > limits.MaxBytes)
                    throw TooLarge(limits);
                incoming.Append(buffer.AsSpan(0, count));
                hash?.AppendData(buffer, 0, count);
                count = await UploadBody.Reading(() => body.ReadAsync(buffer, cancellationToken));
            }
            return ReadHeader(incoming.Path, format, limits) with { Hash = hash?.GetHashAndReset() };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static ProblemException TooLarge(UploadOptions limits) =>
        new(ProblemType.BodyTooLarge, $"The limit is {limits.MaxBytes / 1048576.0:0.##} MB. Send a smaller version of the photo.");

    private static ImageFormat Recognise(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            throw new ProblemException(ProblemType.MalformedRequest, "The file is empty.");
        var format = ImageFormat.Sniff(head);
        return format switch
        {
            { Accepted: true } => format,
            null => throw Unsupported(TextKind(head) is { } kind ? $"{kind} Send the bytes of the file themselves." : "This file isn't a supported image."),
            _ => throw Unsupported($"{format.Name}: {format.Advice}."),
        };
    }

    /// <summary>What the client sent instead of the image file: JSON, a data URI or base64; null if none of these.</summary>
    private static string? TextKind(ReadOnlySpan<byte> head)
    {
        var text = head.TrimStart("\uFEFF \t\r\n"u8);
        if (text.StartsWith("{"u8) || text.StartsWith("["u8))
            return "This is JSON.";
        if (Ascii.EqualsIgnoreCase(text[..Math.Min(5, text.Length)], "data:"u8))
            return "This is a data URI.";
        Span<byte> bytes = stackalloc byte[24];
        return Base64.DecodeFromUtf8(text[..(Math.Min(32, text.Length) & ~3)], bytes, out _, out var count) == OperationStatus.Done
            && ImageFormat.Sniff(bytes[..count]) is { } format ? $"This is a {format.Name} in base64." : null;
    }

    private static ProblemException Unsupported(string what) => new(ProblemType.UnsupportedFormat,
        $"{what} Accepted formats: {string.Join(", ", ImageFormat.AcceptedFormats.Select(format => format.Name))}.");

    private static Upload ReadHeader(string path, ImageFormat format, UploadOptions limits)
    {
        try
        {
            var header = ImageHeader.Read(path, format);
            return RefusalOf(header, limits) is { } detail ? throw new ProblemException(ProblemType.TooManyPixels, detail) : new(format, header);
        }
        catch (ImageFaultException unsupported) when (unsupported.Code == ErrorCodes.ImageUnsupported)
        {
            throw Unsupported($"{unsupported.Message}.");
        }
        catch (ImageFaultException broken)
        {
            throw new ProblemException(ProblemType.BrokenHeader, $"The file begins like a {format.Name}, but its header cannot be read.", broken);
        }
    }

    private static string? RefusalOf(ImageHeader header, UploadOptions limits) =>
        header.Pixels > limits.MaxPixels
            ? $"The picture has {header.Width} × {header.Height} pixels; at most {limits.MaxPixels / 1e6:0.##} million are accepted."
        : header.IsTooLong
            ? $"The picture has {header.Width} × {header.Height} pixels; a side may have at most {ImageHeader.MaxSide}."
        : header.DecoderBytes > limits.MaxDecoderBytes
            ? $"Decoding {header.Width} × {header.Height} pixels in this form takes {header.DecoderBytes >> 20} MB of memory; at most {limits.MaxDecoderBytes >> 20} MB "
                + "may be used. Send a smaller version, or a JPEG that is not progressive, or a PNG that is not interlaced."
        : null;
}
