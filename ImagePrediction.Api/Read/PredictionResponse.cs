using System.Text.Json;
using ImagePrediction.Api.Queue;
using ImagePrediction.Flow;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Read;

/// <summary>A prediction as clients see it.</summary>
public sealed record PredictionResponse
{
    /// <summary>The prediction's id, a UUID.</summary>
    public required Guid Id { get; init; }

    /// <summary><c>queued</c>, <c>processing</c>, <c>succeeded</c>, <c>failed</c> or <c>canceled</c>; the last three are final.</summary>
    public required PredictionStatus Status { get; init; }

    /// <summary>Whether there is a dog in the picture; null until succeeded.</summary>
    public bool? ContainsDog { get; init; }

    /// <summary>The highest dog score anywhere in the picture, 0 to 1, also when it stays below the threshold.</summary>
    public double? Confidence { get; init; }

    /// <summary>Detections at or above the threshold; null until succeeded.</summary>
    public IReadOnlyList<Detection>? Detections { get; init; }

    /// <summary>
    /// Detections that scored at least 0.05 but below the threshold, by descending confidence, 20 at most; null until succeeded. They do not count.
    /// </summary>
    public IReadOnlyList<Detection>? BelowThreshold { get; init; }

    /// <summary>The client's own reference; null if it gave none.</summary>
    public string? Reference { get; init; }

    /// <summary>The name of the uploaded file; null when it had none.</summary>
    public string? FileName { get; init; }

    /// <summary>The picture that was sent.</summary>
    public required ImageInfo Image { get; init; }

    /// <summary>The model that produced the answer; null until succeeded.</summary>
    public ModelInfo? Model { get; init; }

    /// <summary>How often a worker claimed it.</summary>
    public required int Attempt { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When decoding began; null until it is final.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When it became final.</summary>
    public DateTime? CompletedAt { get; init; }

    /// <summary>How long it waited, in milliseconds.</summary>
    public double? QueueMs { get; init; }

    /// <summary>How long the model took, in milliseconds.</summary>
    public double? InferenceMs { get; init; }

    /// <summary>Why it failed; null unless it did.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>Its position in the queue; null unless queued. Not part of the ETag.</summary>
    public QueueInfo? Queue { get; init; }

    /// <summary>Related URLs.</summary>
    public required Links Links { get; init; }

    internal static PredictionResponse From(Prediction prediction, QueueInfo? queue = null, string origin = "") => new()
    {
        Id = prediction.Id,
        Status = prediction.Status,
        ContainsDog = prediction.ContainsDog,
        Confidence = prediction.Confidence,
        Detections = Read(prediction.Detections),
        // Rows written by older versions lack it.
        BelowThreshold = Read(prediction.BelowThreshold ?? (prediction.Detections is null ? null : "[]")),
        Reference = prediction.Reference,
        FileName = prediction.FileName,
        Image = new(prediction.ImageBytes, prediction.ImageType, prediction.ImageWidth, prediction.ImageHeight),
        Model = prediction.ModelName is { } name ? new(name, prediction.ModelVersion ?? "", prediction.Threshold ?? 0) : null,
        Attempt = prediction.Attempt,
        CreatedAt = prediction.CreatedAt,
        StartedAt = prediction.StartedAt,
        CompletedAt = prediction.CompletedAt,
        QueueMs = prediction.StartedAt is { } started ? Math.Max(0, (started - prediction.CreatedAt).TotalMilliseconds) : null, // below 0 if a clock was set back
        InferenceMs = prediction.InferenceMs is { } time ? Math.Round(time, 4) : null,
        Error = prediction.ErrorCode is { } code ? new(code, prediction.ErrorDetail ?? "") : null,
        Queue = queue,
        Links = Links.Of(prediction.Id, prediction.Status, origin),
    };

    internal static PredictionResponse From(NewPrediction accepted, DateTime createdAt, QueueInfo queue, string origin) => new()
    {
        Id = accepted.Id,
        Status = PredictionStatus.Queued,
        Reference = accepted.Reference,
        FileName = accepted.FileName,
        Image = new(accepted.ImageBytes, accepted.ImageType, accepted.ImageWidth, accepted.ImageHeight),
        Attempt = 0,
        CreatedAt = createdAt,
        Queue = queue,
        Links = Links.Of(accepted.Id, PredictionStatus.Queued, origin),
    };

    private static IReadOnlyList<Detection>? Read(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, DetectionJson.Default.IReadOnlyListDetection);
}

/// <summary>The picture that was sent.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="MediaType">Determined from the content, such as <c>image/jpeg</c>.</param>
/// <param name="Width">Upright width in pixels.</param>
/// <param name="Height">Upright height in pixels.</param>
public sealed record ImageInfo(long Bytes, string MediaType, int Width, int Height);

/// <summary>The model that produced the answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Threshold">The minimum confidence at which a dog counts.</param>
public sealed record ModelInfo(string Name, string Version, double Threshold);

/// <summary>Why a prediction failed.</summary>
/// <param name="Code">A stable code, listed in docs/errors.md.</param>
/// <param name="Detail">A human-readable explanation.</param>
public sealed record ErrorInfo(string Code, string Detail);

/// <summary>
/// Related URLs: absolute if the request's host name is in <c>AllowedHosts</c>, otherwise paths. Always paths in webhooks,
/// for which there is no request.
/// </summary>
/// <param name="Self">The prediction itself.</param>
/// <param name="Events">Every change as a server-sent event, until it is final.</param>
/// <param name="Image">The picture that was sent.</param>
/// <param name="Annotated">The picture with its detections drawn in; null until succeeded.</param>
/// <param name="Cancel">POST here to cancel it; null once it is final.</param>
/// <param name="Retry">POST here to retry it; null unless it failed.</param>
public sealed record Links(string Self, string Events, string Image, string? Annotated, string? Cancel, string? Retry)
{
    internal static Links Of(Guid id, PredictionStatus status, string origin)
    {
        var self = $"{origin}{PathOf(id)}";
        return new(self, $"{self}/events", $"{self}/image",
            Annotated: status is PredictionStatus.Succeeded ? $"{self}/annotated" : null,
            Cancel: status is PredictionStatus.Queued or PredictionStatus.Processing ? $"{self}/cancel" : null,
            Retry: status is PredictionStatus.Failed ? $"{self}/retry" : null);
    }

    /// <summary>The path of a prediction, as in <c>Location</c>.</summary>
    internal static string PathOf(Guid id) => $"/image_prediction/{id}";
}
