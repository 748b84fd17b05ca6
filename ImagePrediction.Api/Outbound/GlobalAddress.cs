using System.Net;
using System.Net.Sockets;
using Microsoft.Security.AntiSSRF;

namespace ImagePrediction.Api.Outbound;

/// <summary>
/// Distinguishes public internet addresses from all others, by the ranges of Microsoft's AntiSSRF library, which follow IANA's
/// registries of special-purpose addresses. An address that is not known to be public counts as not public.
/// </summary>
internal static class GlobalAddress
{
    private static readonly IPNetwork[] Special =
        [.. new AntiSSRFPolicy(PolicyConfigOptions.ExternalOnlyLatest).DeniedAddresses.Select(network => IPNetwork.Parse(network))];

    // Global unicast: everything else in IPv6 is loopback, local, multicast, discarded, translated or unassigned.
    private static readonly IPNetwork UnicastV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether the address, or the IPv4 address embedded in it, is global unicast.</summary>
    public static bool Is(IPAddress address)
    {
        var inner = Unwrap(address);
        return (inner.AddressFamily == AddressFamily.InterNetwork || UnicastV6.Contains(inner)) && !Special.Any(network => network.Contains(inner));
    }

    /// <summary>The IPv4 address that a packet to an IPv4-mapped, NAT64 or 6to4 address would reach; otherwise the address itself.</summary>
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
