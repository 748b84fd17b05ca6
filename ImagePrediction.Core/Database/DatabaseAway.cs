using System.Net.Sockets;
using Npgsql;

namespace ImagePrediction.Database;

/// <summary>Classifies exceptions from the database: temporarily unavailable, permanently rejected, timed out.</summary>
public static class DatabaseAway
{
    /// <summary>
    /// True for the exceptions thrown when the database is unavailable: Npgsql's own, the plain socket or timeout exception of a host name
    /// that does not resolve, and EF's wrapper around an Npgsql exception that may be transient.
    /// </summary>
    public static bool Means(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException
        or InvalidOperationException { InnerException: NpgsqlException };

    /// <summary>True if the statement certainly had no effect: it was never sent, or Postgres said that it failed (unless shutting down).</summary>
    public static bool MeansNothingChanged(Exception exception) => exception is SocketException or NpgsqlException { InnerException: SocketException }
        || (exception is PostgresException { SqlState: var state } && state is not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown));

    /// <summary>
    /// True if Postgres answered with an error that will be the same next time, such as a missing column or privilege: every class of
    /// error code (PostgreSQL, appendix A) except connection (08), a plan from before a migration (0A), read-only during a failover (25),
    /// credentials being changed (28), a transaction to be repeated (40), resources (53), locks (55), operator intervention (57) and
    /// system (58).
    /// </summary>
    public static bool IsFault(Exception exception) => Of(exception) is { SqlState: var state } && state.Length >= 2
        && state[..2] is not ("08" or "0A" or "25" or "28" or "40" or "53" or "55" or "57" or "58");

    /// <summary>
    /// True if the schema does not match this version (class 42), for example while a worker is newer than the last migration.
    /// </summary>
    public static bool IsOfAnotherForm(Exception exception) => Of(exception)?.SqlState.StartsWith("42", StringComparison.Ordinal) == true;

    /// <summary>True if Postgres canceled a statement because of its own <c>statement_timeout</c>.</summary>
    public static bool IsTimeout(Exception exception) => Of(exception) is { SqlState: PostgresErrorCodes.QueryCanceled };

    private static PostgresException? Of(Exception exception) => exception as PostgresException ?? exception.InnerException as PostgresException;
}
