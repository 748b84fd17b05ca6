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
}
