namespace ImagePrediction.Flow;

/// <summary>What the API knows when it accepts an image.</summary>
/// <param name="Id">UUIDv7; the image is already stored under it.</param>
/// <param name="ImageBytes">Size of the stored file.</param>
/// <param name="ImageType">Media type, determined from the content.</param>
/// <param name="ImageWidth">Upright width in pixels, from the header.</param>
/// <param name="ImageHeight">Upright height in pixels, from the header.</param>
/// <param name="Traceparent">The request's trace context, or null.</param>
/// <param name="Owner">Name of the API key that owns it; empty without keys.</param>
/// <param name="WebhookUrl">Where to POST it once it is final, or null.</param>
/// <param name="Key">The client's idempotency key for this upload, or null.</param>
/// <param name="Reference">The client's own reference, or null.</param>
/// <param name="FileName">The name of the uploaded file, or null.</param>
public sealed record NewPrediction(
    Guid Id, long ImageBytes, string ImageType, int ImageWidth, int ImageHeight, string? Traceparent, string Owner = "",
    string? WebhookUrl = null, UploadKey? Key = null, string? Reference = null, string? FileName = null);

/// <summary>The idempotency key of an upload: sending it again creates no second prediction.</summary>
/// <param name="Scope">The scope in which keys are unique: the owner, or without one the client's address.</param>
/// <param name="Key">The key.</param>
/// <param name="ImageHash">SHA-256 of the image's bytes.</param>
public sealed record UploadKey(string Scope, string Key, byte[] ImageHash);
