using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImagePrediction.Torture;

/// <summary>
/// One observation. <see cref="Kind"/> says of what: <c>call</c> (a request and its response), <c>event</c> (of a stream, or an item of a list),
/// <c>hook</c> (a webhook), <c>told</c> (a notice in Redis, and the row's state at that moment), <c>change</c> (of a row, recorded by a trigger),
/// <c>fault</c>, <c>process</c> (its memory), <c>log</c> (an error that a service logged); at the end of a run <c>row</c>, <c>file</c>, <c>queue</c>.
/// </summary>
internal sealed record Event(string Kind, string Op, double At)
{
    /// <summary>When it began, in seconds since the run did; <see cref="At"/> is when it ended. Of an event: when the request did; null for later ones of a stream.</summary>
    public double? Began { get; init; }

    public int? Client { get; init; }

    public Guid? Id { get; init; }

    /// <summary>Identifies one POST; the row that it creates has the same reference.</summary>
    public string? Reference { get; init; }

    /// <summary>The idempotency key.</summary>
    public string? Key { get; init; }

    /// <summary>Index of the picture.</summary>
    public int? Photo { get; init; }

    /// <summary>The HTTP status; 0 if there was no response.</summary>
    public int? Status { get; init; }

    public int? Version { get; init; }

    /// <summary>The prediction's state; null if there is none.</summary>
    public string? State { get; init; }

    /// <summary>Of a change: the state before it.</summary>
    public string? Before { get; init; }

    /// <summary>The result, by <see cref="Answers"/>; of a row, and of what clients were told.</summary>
    public string? Answer { get; init; }

    /// <summary>Of a change: which process wrote it, as <c>program/pid</c>. Of a stream: which one.</summary>
    public string? Who { get; init; }

    /// <summary>Of a change: the process that held the claim, as <c>machine/pid</c>.</summary>
    public string? Holder { get; init; }

    public long? Number { get; init; }

    /// <summary>Of a row: the length of its image in bytes; of a file: its length.</summary>
    public long? Bytes { get; init; }

    /// <summary>Whether it asks for a webhook.</summary>
    public bool? Hook { get; init; }

    public string? Text { get; init; }

    public override string ToString() => JsonSerializer.Serialize(this, HistoryJson.Default.Event);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Event))]
internal sealed partial class HistoryJson : JsonSerializerContext;

/// <summary>All observations of one run, in the order in which they were recorded.</summary>
internal sealed class History
{
    private readonly ConcurrentQueue<Event> _events = new();
    private readonly DateTime _began = DateTime.UtcNow;

    /// <summary>Seconds since the run began, by the wall clock, which Postgres and the file system use as well.</summary>
    public double Now => Seconds(DateTime.UtcNow);

    public double Seconds(DateTime time) => Math.Round((time - _began).TotalSeconds, 4);

    public void Add(Event what) => _events.Enqueue(what);

    public IReadOnlyList<Event> Events => [.. _events];

    public static async Task<IReadOnlyList<Event>> ReadAsync(string file) =>
        [.. (await File.ReadAllLinesAsync(file)).Select(line => JsonSerializer.Deserialize(line, HistoryJson.Default.Event)!)];

    public async Task WriteAsync(string file) => await File.WriteAllLinesAsync(file, _events.Select(what => what.ToString()));
}
