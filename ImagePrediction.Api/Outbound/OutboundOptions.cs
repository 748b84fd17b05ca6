using System.Net;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Outbound;

/// <summary>Which URLs given by clients may be called, for webhooks and images: configuration section <c>Outbound</c>.</summary>
public sealed class OutboundOptions
{
    /// <summary>Whether URLs may be http, which anyone on the network path can read. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Networks that may be called although they are not on the public internet, such as <c>10.1.0.0/16</c>: anyone who may
    /// post an image can then make this server call any service in them. Default none.
    /// </summary>
    public IList<string> AllowedNetworks { get; } = [];
}

/// <summary>Prevents startup with invalid networks.</summary>
internal sealed class OutboundOptionsValidator : IValidateOptions<OutboundOptions>
{
    public ValidateOptionsResult Validate(string? name, OutboundOptions options)
    {
        var faults = options.AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _))
            .Select(network => $"Outbound:AllowedNetworks: '{network}' is no network such as 10.1.0.0/16 (the bits after the prefix are 0).").ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
