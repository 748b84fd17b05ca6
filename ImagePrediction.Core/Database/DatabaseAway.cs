using System.Net.Sockets;
using Npgsql;

namespace ImagePrediction.Database;

/// <summary>Tells that the database cannot be reached or cannot answer now.</summary>
public static class DatabaseAway
{
    /// <summary>
    /// True for what Npgsql throws then: its own exception, and the bare ones of a host name that does not resolve; and for what EF makes of the
    /// former where trying again may help.
    /// </summary>
    public static bool Means(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException
        or InvalidOperationException { InnerException: NpgsqlException };

    /// <summary>True when the statement was never sent, or Postgres has said that it failed (and does not itself go down), so that nothing can have come of it.</summary>
    public static bool MeansNothingChanged(Exception exception) => exception is SocketException or NpgsqlException { InnerException: SocketException }
        || (exception is PostgresException { SqlState: var state } && state is not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown));

    /// <summary>
    /// True when Postgres answered, and its answer will be the same next time: a column that is missing, a right that was not given. By the
    /// class of its code (PostgreSQL, appendix A): neither connection (08), a plan from before a migration (0A), read-only during a
    /// failover (25), credentials that are being changed (28), transaction to be repeated (40), resources (53), locks (55), intervention (57)
    /// nor system (58).
    /// </summary>
    public static bool IsFault(Exception exception) => Of(exception) is { SqlState: var state } && state.Length >= 2
        && state[..2] is not ("08" or "0A" or "25" or "28" or "40" or "53" or "55" or "57" or "58");

    /// <summary>
    /// True when the database does not have the form that this version expects (class 42), as while a worker is newer than the last migration.
    /// </summary>
    public static bool IsOfAnotherForm(Exception exception) => Of(exception)?.SqlState.StartsWith("42", StringComparison.Ordinal) == true;

    /// <summary>True when Postgres gave a statement up by its own <c>statement_timeout</c>.</summary>
    public static bool IsTimeout(Exception exception) => Of(exception) is { SqlState: PostgresErrorCodes.QueryCanceled };

    private static PostgresException? Of(Exception exception) => exception as PostgresException ?? exception.InnerException as PostgresException;
}
