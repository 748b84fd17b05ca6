using System.Net.Sockets;

namespace ImagePrediction.Api.Outbound;

/// <summary>Why an attempt got no response. Stable codes, listed in docs/webhooks.md.</summary>
public static class OutboundErrors
{
    /// <summary>None of the host's addresses may be called.</summary>
    public const string RefusedAddress = "refused_address";

    /// <summary>The host name does not resolve.</summary>
    public const string NameNotFound = "name_not_found";

    /// <summary>The connection failed or was lost.</summary>
    public const string ConnectionFailed = "connection_failed";

    /// <summary>The host's certificate is invalid, or there is no common TLS version.</summary>
    public const string TlsFailed = "tls_failed";

    /// <summary>The response is not HTTP, or its headers are too long.</summary>
    public const string BadAnswer = "bad_answer";

    /// <summary>No response in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>This server was stopped during the attempt; another one follows at once.</summary>
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
