using System.Net.NetworkInformation;
using Microsoft.Extensions.Configuration;

namespace ImagePrediction.AppHost;

/// <summary>Aspire's dashboard, on addresses of this machine.</summary>
internal static class Dashboard
{
    private static readonly (string Setting, int Port)[] Addresses =
    [
        ("ASPNETCORE_URLS", 15080), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", 19080), ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", 20080),
    ];

    /// <summary>Gives it its usual ports, or the next free ones where another run has those.</summary>
    public static void FindAddresses(IConfigurationManager configuration)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        foreach (var (setting, usual) in Addresses)
        {
            var wanted = Uri.TryCreate(configuration[setting], UriKind.Absolute, out var given) ? given.Port : usual;
            var port = Enumerable.Range(wanted, 1000).First(port => !taken.Contains(port));
            if (given is null || port != wanted)
                configuration[setting] = $"http://localhost:{port}";
        }
        // Loopback only: no certificate is needed.
        configuration["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] ??= "true";
    }

    /// <summary>Where it is.</summary>
    public static string Address(IConfiguration configuration) => configuration["ASPNETCORE_URLS"]!;

    /// <summary>Where it is, with the token that lets in whoever has it.</summary>
    public static string Link(IConfiguration configuration) =>
        $"{Address(configuration)}/login?t={configuration["AppHost:BrowserToken"]}";
}
