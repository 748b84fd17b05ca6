using System.Globalization;
using System.Net;
using System.Net.Sockets;

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
        var top = File.Exists("/proc/sys/net/ipv4/ip_local_port_range")
            ? int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0], CultureInfo.InvariantCulture)
            : 32768;
        var (from, to) = top > 20_000 ? (10_000, top) : (top, 65_000);
        lock (Given)
        {
            for (var attempt = 0; attempt < 1000; attempt++)
            {
                var port = Random.Shared.Next(from, to);
                if (!Given.Contains(port) && IsFree(port) && Given.Add(port))
                    return port;
            }
        }
        throw new Aspire.Hosting.DistributedApplicationException("No free port was found on 127.0.0.1.");
    }

    public static bool IsFree(int port) => CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    private static bool CanListen(IPAddress address, int port)
    {
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen();
            return true;
        }
        catch (SocketException exception)
        {
            // A machine without an IPv6 loopback address has nothing to refuse there.
            return exception.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }
}
