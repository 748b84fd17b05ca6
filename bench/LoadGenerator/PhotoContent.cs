using System.Net;

namespace ImagePrediction.Bench;

/// <summary>A prepared multipart body: a few writes and no copy, whereas MultipartFormDataContent would build each one anew.</summary>
internal sealed class PhotoContent : HttpContent
{
    private static readonly byte[] Zeros = new byte[64 << 10];
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly Photo _photo;
    private readonly byte[] _stamp;
    private readonly int _padding;
    private readonly int? _bytesPerSecond;

    /// <param name="photo">The photo.</param>
    /// <param name="stamp">The segment that makes the body unique.</param>
    /// <param name="size">Minimum size of the file, padded after the JPEG's picture, where decoders ignore it.</param>
    /// <param name="bytesPerSecond">Upload speed; null for no limit.</param>
    public PhotoContent(Photo photo, byte[] stamp, int size = 0, int? bytesPerSecond = null)
    {
        (_photo, _stamp, _bytesPerSecond) = (photo, stamp, bytesPerSecond);
        _padding = Math.Max(0, size - photo.Head.Length - stamp.Length - photo.Tail.Length);
        Headers.TryAddWithoutValidation("Content-Type", Photo.ContentType);
    }

    /// <summary>How long sending takes at this speed; zero without one.</summary>
    public TimeSpan Duration => _bytesPerSecond is { } pace && TryComputeLength(out var length)
        ? TimeSpan.FromSeconds((double)length / pace) : TimeSpan.Zero;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await WriteAsync(stream, _photo.Head, cancellationToken);
        await WriteAsync(stream, _stamp, cancellationToken);
        await WriteAsync(stream, _photo.Tail, cancellationToken);
        for (var left = _padding; left > 0; left -= Zeros.Length)
            await WriteAsync(stream, Zeros.AsMemory(0, Math.Min(left, Zeros.Length)), cancellationToken);
        await WriteAsync(stream, Photo.End, cancellationToken);
    }

    private async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_bytesPerSecond is not { } pace)
        {
            await stream.WriteAsync(bytes, cancellationToken);
            return;
        }

        var piece = Math.Max(1, (int)(pace * Beat.TotalSeconds));
        for (var at = 0; at < bytes.Length; at += piece)
        {
            var part = bytes.Slice(at, Math.Min(piece, bytes.Length - at));
            await stream.WriteAsync(part, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Beat * ((double)part.Length / piece), cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _photo.Head.Length + _stamp.Length + _photo.Tail.Length + _padding + Photo.End.Length;
        return true;
    }
}
