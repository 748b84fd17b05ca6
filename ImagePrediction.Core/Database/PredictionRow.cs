using ImagePrediction.Predictions;
using Npgsql;

namespace ImagePrediction.Database;

/// <summary>Reads rows of <c>predictions</c>.</summary>
public readonly struct PredictionRow(NpgsqlDataReader reader)
{
    /// <summary>
    /// The columns to read. By name, never <c>*</c>: while a newer version adds a column, the prepared statements of running older
    /// instances must keep their result type, or Postgres rejects each of them once per connection.
    /// </summary>
    public const string Columns = """
        id, status, attempt, losses, faults, available_at, hinted_at, lease_until, worker, traceparent, image_bytes, image_type,
        image_width, image_height, model_name, model_version, threshold, contains_dog, confidence, detections, below_threshold, inference_ms,
        error_code, error_detail, owner, webhook_url, reference, file_name, version, created_at, started_at, completed_at
        """;

    private readonly int _id = reader.GetOrdinal("id"), _status = reader.GetOrdinal("status"),
        _attempt = reader.GetOrdinal("attempt"), _losses = reader.GetOrdinal("losses"), _faults = reader.GetOrdinal("faults"),
        _availableAt = reader.GetOrdinal("available_at"), _hintedAt = reader.GetOrdinal("hinted_at"),
        _leaseUntil = reader.GetOrdinal("lease_until"), _worker = reader.GetOrdinal("worker"),
        _traceparent = reader.GetOrdinal("traceparent"), _bytes = reader.GetOrdinal("image_bytes"),
        _type = reader.GetOrdinal("image_type"), _width = reader.GetOrdinal("image_width"),
        _height = reader.GetOrdinal("image_height"), _modelName = reader.GetOrdinal("model_name"),
        _modelVersion = reader.GetOrdinal("model_version"), _threshold = reader.GetOrdinal("threshold"),
        _containsDog = reader.GetOrdinal("contains_dog"), _confidence = reader.GetOrdinal("confidence"),
        _detections = reader.GetOrdinal("detections"), _belowThreshold = reader.GetOrdinal("below_threshold"),
        _inferenceMs = reader.GetOrdinal("inference_ms"),
        _errorCode = reader.GetOrdinal("error_code"), _errorDetail = reader.GetOrdinal("error_detail"),
        _owner = reader.GetOrdinal("owner"), _webhookUrl = reader.GetOrdinal("webhook_url"),
        _reference = reader.GetOrdinal("reference"), _fileName = reader.GetOrdinal("file_name"),
        _version = reader.GetOrdinal("version"),
        _createdAt = reader.GetOrdinal("created_at"), _startedAt = reader.GetOrdinal("started_at"),
        _completedAt = reader.GetOrdinal("completed_at");

    /// <summary>Reads the current row.</summary>
    public Prediction Read() => new()
    {
        Id = reader.GetGuid(_id),
        Status = Enum.Parse<PredictionStatus>(reader.GetString(_status), ignoreCase: true),
        Attempt = reader.GetInt32(_attempt),
        Losses = reader.GetInt32(_losses),
        Faults = reader.GetInt32(_faults),
        AvailableAt = reader.GetDateTime(_availableAt),
        HintedAt = reader.GetDateTime(_hintedAt),
        LeaseUntil = Get<DateTime>(_leaseUntil),
        Worker = Text(_worker),
        Traceparent = Text(_traceparent),
        ImageBytes = reader.GetInt64(_bytes),
        ImageType = reader.GetString(_type),
        ImageWidth = reader.GetInt32(_width),
        ImageHeight = reader.GetInt32(_height),
        ModelName = Text(_modelName),
        ModelVersion = Text(_modelVersion),
        Threshold = Get<double>(_threshold),
        ContainsDog = Get<bool>(_containsDog),
        Confidence = Get<double>(_confidence),
        Detections = Text(_detections),
        BelowThreshold = Text(_belowThreshold),
        InferenceMs = Get<double>(_inferenceMs),
        ErrorCode = Text(_errorCode),
        ErrorDetail = Text(_errorDetail),
        Owner = reader.GetString(_owner),
        WebhookUrl = Text(_webhookUrl),
        Reference = Text(_reference),
        FileName = Text(_fileName),
        Version = reader.GetInt32(_version),
        CreatedAt = reader.GetDateTime(_createdAt),
        StartedAt = Get<DateTime>(_startedAt),
        CompletedAt = Get<DateTime>(_completedAt),
    };

    private T? Get<T>(int ordinal) where T : struct => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);

    private string? Text(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
