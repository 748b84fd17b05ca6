using System.Net;

namespace LocalHosting.Processes;

/// <summary>Free ports of the loopback addresses.</summary>
internal static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>
    /// A free port below the range that outgoing connections use: a server that is down for a moment
    /// finds its port free again, and a client that calls it meanwhile does not connect to itself.
    /// </summary>
    public static int Free()
    {
        const string range = "/proc/sys/net/ipv4/ip_local_port_range";
        var top = File.Exists(range) ? Math.Max(20_000, int.Parse(File.ReadAllText(range).Split('\t')[0])) : 32_768;
        lock (Given)
        {
            return Enumerable.Range(0, 1000).Select(_ => Random.Shared.Next(10_000, top)).FirstOrDefault(p => !Given.Contains(p) && IsFree(p) && Given.Add(p)) is > 0 and var port
                ? port
                : throw new DistributedApplicationException("No free port was found on 127.0.0.1.");
        }
    }

    public static bool IsFree(int port) => CanListen(IPAddress.Loopback, port) && CanListen(IPAddress.IPv6Loopback, port);

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException exception)
        {
            // A machine without IPv6 has nothing to refuse there.
            return exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
        }
    }
}
