using System.Text.Json;

namespace ImagePrediction.Bench;

/// <summary>The fields of a POST's or GET's response that are used; others are skipped.</summary>
internal sealed class Snapshot
{
    public string? Id { get; private set; }
    public string? Status { get; private set; }
    public DateTimeOffset? CreatedAt { get; private set; }
    public DateTimeOffset? CompletedAt { get; private set; }
    public double? QueueMs { get; private set; }
    public double? InferenceMs { get; private set; }
    public string? ErrorCode { get; private set; }

    public bool IsFinal => Status is "succeeded" or "failed" or "canceled";

    /// <summary>Reads one JSON object.</summary>
    /// <exception cref="JsonException">It is not valid JSON.</exception>
    public static Snapshot Parse(ReadOnlySpan<byte> json)
    {
        var snapshot = new Snapshot();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
                snapshot.Id = Text(ref reader);
            else if (reader.ValueTextEquals("status"u8))
                snapshot.Status = Text(ref reader);
            else if (reader.ValueTextEquals("created_at"u8))
                snapshot.CreatedAt = Time(ref reader);
            else if (reader.ValueTextEquals("completed_at"u8))
                snapshot.CompletedAt = Time(ref reader);
            else if (reader.ValueTextEquals("queue_ms"u8))
                snapshot.QueueMs = Number(ref reader);
            else if (reader.ValueTextEquals("inference_ms"u8))
                snapshot.InferenceMs = Number(ref reader);
            else if (reader.ValueTextEquals("error"u8))
                snapshot.ErrorCode = Code(ref reader);
            else
                reader.Skip();
        }

        return snapshot;
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => reader.GetInt64().ToString(),
            _ => null,
        };
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : null;

    private static double? Number(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : null;

    private static string? Code(ref Utf8JsonReader reader)
    {
        string? code = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("code"u8))
                code = Text(ref reader);
            else
                reader.Skip();
        }

        return code;
    }
}
