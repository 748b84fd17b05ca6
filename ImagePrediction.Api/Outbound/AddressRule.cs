using System.Net;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Outbound;

/// <summary>Which addresses may be called: public ones, and those that the operator has allowed.</summary>
internal sealed class AddressRule(IOptions<OutboundOptions> options)
{
    private readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];

    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return GlobalAddress.Is(address) || _allowed.Any(network => network.Contains(plain));
    }
}

/// <summary>Thrown instead of connecting, when none of a host's addresses may be called.</summary>
public sealed class RefusedAddressException() : Exception("None of the host's addresses may be called.");
