using System.Net;

namespace ImagePrediction.Bench;

/// <summary>A ready multipart body: three writes and no copy, where MultipartFormDataContent would frame each anew.</summary>
internal sealed class PhotoContent : HttpContent
{
    private readonly Photo _photo;
    private readonly byte[] _stamp;

    public PhotoContent(Photo photo, byte[] stamp)
    {
        (_photo, _stamp) = (photo, stamp);
        Headers.TryAddWithoutValidation("Content-Type", Photo.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_photo.Head, cancellationToken);
        await stream.WriteAsync(_stamp, cancellationToken);
        await stream.WriteAsync(_photo.Tail, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _photo.Head.Length + _stamp.Length + _photo.Tail.Length;
        return true;
    }
}
