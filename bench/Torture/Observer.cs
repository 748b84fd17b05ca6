using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Torture;

/// <summary>
/// Observes the service from outside: a trigger records every change of a row with the process that made it; a subscriber reads the row
/// whenever a notice in Redis says that it is final; at the end everything is read.
/// </summary>
internal sealed partial class Observer(Service service, IConnectionMultiplexer redis, History history)
{
    private const string Trigger = """
        CREATE TABLE torture_changes (seq bigserial PRIMARY KEY, id uuid NOT NULL, before text, state text, version int, attempt int,
            holder text, who text, reference text, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE INDEX ON torture_changes (id) WHERE state IN ('succeeded', 'failed', 'canceled');
        CREATE FUNCTION torture_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Hints and leases of what is not final yet are no change of its state.
            IF TG_OP = 'UPDATE' AND OLD.status IN ('queued', 'processing') AND OLD.status = NEW.status AND OLD.version = NEW.version THEN
                RETURN NULL;
            END IF;
            INSERT INTO torture_changes (id, before, state, version, attempt, holder, who, reference)
            VALUES (COALESCE(NEW.id, OLD.id), OLD.status, NEW.status, NEW.version, NEW.attempt, NEW.worker, current_setting('application_name'), COALESCE(NEW.reference, OLD.reference));
            RETURN NULL;
        END $$;
        CREATE TRIGGER torture AFTER INSERT OR UPDATE OR DELETE ON predictions FOR EACH ROW EXECUTE FUNCTION torture_note();
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Records every change from now on.</summary>
    public async Task WatchChangesAsync() => await ExecuteAsync(Trigger);

    /// <summary>Reads each row as soon as a notice says that it is final.</summary>
    public async Task WatchNoticesAsync() =>
        (await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("done")))
            .OnMessage(ids => LookAsync([.. ids.Message.ToString().Split(',').Select(Guid.Parse)]));

    /// <summary>Records how much memory the services use, until it is stopped.</summary>
    public async Task WatchMemoryAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            foreach (var (op, processes) in new[] { ("api", service.Apis), ("worker", service.Workers), ("apphost", service.AppHost), ("redis", service.RedisServers), ("postgres", service.Postgres) })
                foreach (var process in processes)
                    history.Add(new("process", op, history.Now) { Who = $"{op}/{process.Id}", Number = process.Memory });
            await Task.Delay(TimeSpan.FromSeconds(10), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Number of predictions that are not final plus webhooks still to be delivered; null while the database is unavailable.</summary>
    public async Task<long?> CountOpenAsync()
    {
        try
        {
            await using var command = service.Database.CreateCommand(
                "SELECT (SELECT count(*) FROM predictions WHERE status IN ('queued', 'processing')) + (SELECT count(*) FROM webhook_deliveries WHERE next_at IS NOT NULL)");
            return (long?)await command.ExecuteScalarAsync();
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads the final state: changes, rows, images, statistics, and the errors that the services logged.</summary>
    public async Task ReadAllAsync(HttpClient http)
    {
        await ReadChangesAsync();
        await ReadRowsAsync();
        foreach (var year in Directory.EnumerateDirectories(service.Images, "????"))
            foreach (var file in Directory.EnumerateFiles(year, "*", SearchOption.AllDirectories))
                history.Add(new("file", "", history.Seconds(File.GetLastWriteTimeUtc(file)))
                {
                    Id = Guid.Parse(Path.GetFileName(file)), Reference = Pictures.CommentIn(file), Bytes = new FileInfo(file).Length,
                });
        foreach (var name in new[] { "api", "worker" })
            ReadErrors(name);
        history.Add(new("queue", "statistics", history.Now) { Number = await CountQueuedAsync(http) ?? -1 });
        foreach (var list in new[] { "tasks", "suspects" })
            history.Add(new("queue", list, history.Now) { Number = await CountHintsAsync(list) });
    }

    // A worker looks at each list once in a second or two. -1: Redis is unavailable.
    private async Task<long> CountHintsAsync(string list)
    {
        try
        {
            var count = 0L;
            for (var began = Stopwatch.StartNew(); began.Elapsed < Patience && (count = await redis.GetDatabase().ListLengthAsync(list)) > 0;)
                await Task.Delay(200);
            return count;
        }
        catch (RedisException)
        {
            return -1;
        }
    }

    /// <summary>Number of queued and processing predictions by the service's own statistics; null while they are unavailable.</summary>
    public async Task<long?> CountQueuedAsync(HttpClient http)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            var stats = await http.GetFromJsonAsync<JsonElement>(new Uri(service.Url, "/stats"), limit.Token);
            return stats.GetProperty("queued").GetInt64() + stats.GetProperty("processing").GetInt64();
        }
        catch (Exception away) when (away is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task LookAsync(Guid[] ids)
    {
        try
        {
            await using var command = service.Database.CreateCommand("""
                SELECT told.id, p.status, EXISTS (SELECT FROM torture_changes c WHERE c.id = told.id AND c.state IN ('succeeded', 'failed', 'canceled'))
                FROM unnest($1) AS told (id) LEFT JOIN predictions p USING (id)
                """);
            command.Parameters.Add(new() { Value = ids });
            command.CommandTimeout = (int)Patience.TotalSeconds;
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                history.Add(new("told", reader.GetBoolean(2) ? "was final" : "was never final", history.Now) { Id = reader.GetGuid(0), State = Text(reader, 1) });
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            // The row's state at that moment is unknown.
        }
    }

    private async Task ReadChangesAsync()
    {
        await using var command = service.Database.CreateCommand("SELECT id, before, state, version, attempt, holder, who, reference, at FROM torture_changes ORDER BY seq");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            history.Add(new("change", Text(reader, 1) is null ? "insert" : Text(reader, 2) is null ? "delete" : "update", history.Seconds(reader.GetDateTime(8)))
            {
                Id = reader.GetGuid(0), Before = Text(reader, 1), State = Text(reader, 2), Version = Number(reader, 3), Number = Number(reader, 4),
                Holder = Text(reader, 5), Who = Text(reader, 6), Reference = Text(reader, 7),
            });
    }

    private async Task ReadRowsAsync()
    {
        await using var command = service.Database.CreateCommand("""
            SELECT id, status, version, losses, reference, image_bytes, jsonb_build_object('status', status, 'contains_dog', contains_dog,
                'confidence', confidence, 'detections', detections, 'error', CASE WHEN error_code IS NOT NULL THEN jsonb_build_object('code', error_code) END)::text
            FROM predictions
            """);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            history.Add(new("row", "", history.Now)
            {
                Id = reader.GetGuid(0), State = reader.GetString(1), Version = reader.GetInt32(2), Number = reader.GetInt32(3), Reference = Text(reader, 4), Bytes = reader.GetInt64(5),
                Answer = Answers.Of(JsonDocument.Parse(reader.GetString(6)).RootElement),
            });
    }

    private void ReadErrors(string name)
    {
        foreach (var file in new[] { $"{name}.1.log", $"{name}.log" }.Select(file => Path.Combine(service.Data, "logs", file)).Where(File.Exists))
            foreach (var match in File.ReadLines(file).Select(line => ErrorLine().Match(line)).Where(match => match.Success))
                history.Add(new("log", name, history.Seconds(DateTime.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)))
                {
                    Text = match.Groups["what"].Value,
                });
    }

    // worker-abc 2026-11-28T13:55:00.4340000Z fail: Category[7]
    [GeneratedRegex(@"(?<time>\d{4}-\d\d-\d\dT[\d:.]+Z) (?<what>(fail: |crit: |Unhandled exception).*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ErrorLine();

    private async Task ExecuteAsync(string sql)
    {
        await using var command = service.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static int? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);
}
