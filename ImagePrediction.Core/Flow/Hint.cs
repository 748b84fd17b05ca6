using System.Globalization;
using ImagePrediction.Predictions;
using StackExchange.Redis;

namespace ImagePrediction.Flow;

/// <summary>An element of a task list: this row may be waiting. Written as <c>id:microseconds since 1970</c>.</summary>
/// <param name="Id">The prediction.</param>
/// <param name="HintedAt">The row's <see cref="Prediction.HintedAt"/> when the hint was made; UTC.</param>
public readonly record struct Hint(Guid Id, DateTime HintedAt)
{
    /// <summary>The list element for this hint.</summary>
    public RedisValue ToRedisValue() =>
        string.Create(CultureInfo.InvariantCulture, $"{Id:N}:{(HintedAt - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}");

    /// <summary>Parses a list element; null if it is malformed.</summary>
    public static Hint? Parse(RedisValue value)
    {
        var text = (string?)value;
        return text is { Length: > 33 } && text[32] == ':'
            && Guid.TryParseExact(text.AsSpan(0, 32), "N", out var id)
            && long.TryParse(text.AsSpan(33), CultureInfo.InvariantCulture, out var microseconds)
            ? new Hint(id, DateTime.UnixEpoch.AddMicroseconds(microseconds))
            : null;
    }
}
