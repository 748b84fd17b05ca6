using System.Text.Json;
using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Npgsql;
using NpgsqlTypes;

namespace ImagePrediction.Api.Webhooks;

/// <summary>
/// Webhook deliveries, claimed under a lease by whichever API instance comes first. They are inserted by the trigger
/// in the migration <c>Clients</c>, never here.
/// </summary>
public sealed class DeliveryStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Claims up to <paramref name="limit"/> due deliveries, the most overdue first. Each counts as a try at once, and is due
    /// again if it is not settled within <paramref name="lease"/> times its number of tries.
    /// </summary>
    /// <param name="limit">Maximum number of deliveries.</param>
    /// <param name="lease">How long the first try may take.</param>
    /// <param name="busyHosts">Hosts to skip for now.</param>
    /// <param name="busyOwners">Owners to skip for now.</param>
    /// <param name="cancellationToken">Cancels the wait; the claim may have happened nevertheless.</param>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        int limit, TimeSpan lease, string[] busyHosts, string[] busyOwners, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            WITH due AS (
                SELECT id FROM webhook_deliveries
                WHERE next_at <= now() AND substring(url from '//([^/]+)') <> ALL ($3) AND snapshot ->> 'owner' <> ALL ($4)
                ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED),
            claimed AS (
                UPDATE webhook_deliveries d SET tries = tries + 1, next_at = now() + $2 * (tries + 1)
                FROM due WHERE d.id = due.id
                RETURNING d.id AS delivery_id, d.tries AS delivery_tries, d.url AS delivery_url, d.snapshot)
            SELECT delivery_id, delivery_tries, delivery_url, now() AS claimed_at, {PredictionRow.Columns}
            FROM claimed, jsonb_populate_record(NULL::predictions, snapshot)
            """);
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = lease });
        command.Parameters.Add(new() { Value = busyHosts });
        command.Parameters.Add(new() { Value = busyOwners });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ClaimedDelivery> claimed = [];
        var row = new PredictionRow(reader);
        int id = reader.GetOrdinal("delivery_id"), tries = reader.GetOrdinal("delivery_tries"),
            url = reader.GetOrdinal("delivery_url"), at = reader.GetOrdinal("claimed_at");
        while (await reader.ReadAsync(cancellationToken))
            claimed.Add(new(reader.GetGuid(id), reader.GetInt32(tries), reader.GetString(url), reader.GetDateTime(at), row.Read()));
        return claimed;
    }

    /// <summary>
    /// Records the outcome of an attempt and when the next one is due; there are no further attempts after a success, nor if
    /// <paramref name="next"/> is null. Writes nothing if the delivery was claimed again meanwhile.
    /// </summary>
    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task SettleAsync(ClaimedDelivery claimed, DeliveryAttempt attempt, TimeSpan? next)
    {
        await using var command = database.CreateCommand("""
            UPDATE webhook_deliveries
            SET attempts = attempts || $3, delivered_at = CASE WHEN $4 THEN now() END, next_at = CASE WHEN NOT $4 THEN now() + $5 END
            WHERE id = $1 AND tries = $2 AND delivered_at IS NULL
            """);
        command.Parameters.Add(new() { Value = claimed.Id });
        command.Parameters.Add(new() { Value = claimed.Tries });
        command.Parameters.Add(new()
        {
            Value = JsonSerializer.Serialize(attempt, DeliveryJson.Default.DeliveryAttempt), NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        command.Parameters.Add(new() { Value = attempt.Delivered });
        command.Parameters.Add(new() { Value = (object?)next ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>A delivery whose next attempt the caller must make.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Tries">Number of attempts started, including this one; the fencing token for settling it.</param>
/// <param name="Url">Where to POST.</param>
/// <param name="At">When it was claimed, by Postgres' clock.</param>
/// <param name="Prediction">The prediction as it was when it became final.</param>
public sealed record ClaimedDelivery(Guid Id, int Tries, string Url, DateTime At, Prediction Prediction)
{
    /// <summary>Host and port, as the URL has them.</summary>
    public string Host => new Uri(Url).Authority;
}
