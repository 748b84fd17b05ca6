using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Outbound;

/// <summary>Registers the services that call URLs given by clients.</summary>
internal static class OutboundServices
{
    public static void AddOutbound(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<OutboundOptions>().BindConfiguration("Outbound").ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<OutboundOptions>, OutboundOptionsValidator>();
        builder.Services.AddSingleton<AddressRule>();
        builder.Services.AddSingleton<OutboundUrls>();
        builder.Services.AddSingleton<OutboundHttp>();
    }
}
