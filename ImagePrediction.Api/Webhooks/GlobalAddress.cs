using System.Net;
using System.Net.Sockets;

namespace ImagePrediction.Api.Webhooks;

/// <summary>
/// Tells addresses of hosts on the public internet from all others, after IANA's registries of special-purpose
/// addresses. What is not known to be public is not.
/// </summary>
internal static class GlobalAddress
{
    private static readonly IPNetwork[] SpecialV4 =
    [
        .. new[]
        {
            "0.0.0.0/8",       // this host, this network
            "10.0.0.0/8",      // private
            "100.64.0.0/10",   // shared, behind a carrier's NAT
            "127.0.0.0/8",     // loopback
            "168.63.129.16/32", // the host beneath every Azure machine
            "169.254.0.0/16",  // link-local, and the metadata of most clouds
            "172.16.0.0/12",   // private
            "192.0.0.0/24",    // protocol assignments
            "192.0.2.0/24",    // documentation
            "192.88.99.0/24",  // relays to 6to4
            "192.168.0.0/16",  // private
            "198.18.0.0/15",   // benchmarking
            "198.51.100.0/24", // documentation
            "203.0.113.0/24",  // documentation
            "224.0.0.0/4",     // multicast
            "240.0.0.0/4",     // reserved, and broadcast
        }.Select(IPNetwork.Parse),
    ];

    // Global unicast: everything else in IPv6 is loopback, local, multicast, discarded, translated or unassigned.
    private static readonly IPNetwork UnicastV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialV6 =
    [
        .. new[]
        {
            "2001::/23",     // protocol assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32", // documentation
            "3fff::/20",     // documentation
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether it is a global unicast address, and the IPv4 address within it, if there is one, too.</summary>
    public static bool Is(IPAddress address)
    {
        var inner = Unwrap(address);
        return inner.AddressFamily switch
        {
            AddressFamily.InterNetwork => !SpecialV4.Any(network => network.Contains(inner)),
            AddressFamily.InterNetworkV6 => UnicastV6.Contains(inner) && !SpecialV6.Any(network => network.Contains(inner)),
            _ => false,
        };
    }

    /// <summary>The IPv4 address that a packet to this one ends at: mapped, behind a NAT64 or in a 6to4 network.</summary>
    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (Nat64.Contains(address))
            return V4At(address, 12);
        return SixToFour.Contains(address) ? V4At(address, 2) : address;
    }

    private static IPAddress V4At(IPAddress address, int offset)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return new(bytes.Slice(offset, 4));
    }
}
