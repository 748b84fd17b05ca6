using System.Net.Sockets;

namespace ImagePrediction.Api.Outbound;

/// <summary>Why an attempt got no answer. Stable codes, listed in docs/webhooks.md.</summary>
public static class OutboundErrors
{
    /// <summary>Every address of the host is one that may not be called.</summary>
    public const string RefusedAddress = "refused_address";

    /// <summary>The host's name has no address.</summary>
    public const string NameNotFound = "name_not_found";

    /// <summary>No connection came about, or it broke.</summary>
    public const string ConnectionFailed = "connection_failed";

    /// <summary>The host's certificate is not valid, or the two sides share no protocol.</summary>
    public const string TlsFailed = "tls_failed";

    /// <summary>The answer is no HTTP, or its headers are too long.</summary>
    public const string BadAnswer = "bad_answer";

    /// <summary>No answer came in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>This server was stopped meanwhile; another attempt follows at once.</summary>
    public const string Interrupted = "interrupted";

    internal static string Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            switch (cause)
            {
                case RefusedAddressException: return RefusedAddress;
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }: return NameNotFound;
                case OperationCanceledException: return Timeout;
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }: return TlsFailed;
                case HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded }: return BadAnswer;
            }
        return ConnectionFailed;
    }
}
