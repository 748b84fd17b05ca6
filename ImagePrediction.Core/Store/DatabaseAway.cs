using System.Net.Sockets;
using Npgsql;

namespace ImagePrediction.Store;

/// <summary>Tells that the database cannot be reached or cannot answer now.</summary>
public static class DatabaseAway
{
    /// <summary>
    /// True for what Npgsql throws then: its own exception, and the bare ones of a host name that does not resolve.
    /// </summary>
    public static bool Means(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException;

    /// <summary>True when the statement was never sent, so that nothing can have come of it.</summary>
    public static bool MeansNeverSent(Exception exception) =>
        exception is SocketException or NpgsqlException { InnerException: SocketException };
}
