using ImagePrediction.Predictions;

namespace ImagePrediction.Decoding;

/// <summary>
/// The image itself is at fault, so retrying cannot help: the prediction fails with <see cref="Code"/>.
/// </summary>
/// <param name="code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="detail">A sentence for the client; contains no path or stack trace.</param>
/// <param name="inner">The decoder's exception, for the log.</param>
public sealed class ImageFaultException(string code, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>The error code that the client sees, such as <c>image_corrupt</c>.</summary>
    public string Code { get; } = code;
}
