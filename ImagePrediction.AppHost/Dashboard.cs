using System.Net.NetworkInformation;
using Microsoft.Extensions.Configuration;

namespace ImagePrediction.AppHost;

/// <summary>The addresses of Aspire's dashboard on this machine.</summary>
internal static class Dashboard
{
    private static readonly (string Setting, int Port)[] Addresses =
    [
        ("ASPNETCORE_URLS", 15080), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", 19080), ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", 20080),
    ];

    /// <summary>Assigns its usual ports, or the next free ones if another run uses those.</summary>
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

    /// <summary>The dashboard's URL.</summary>
    public static string Address(IConfiguration configuration) => configuration["ASPNETCORE_URLS"]!;

    /// <summary>The dashboard's URL with its login token.</summary>
    public static string Link(IConfiguration configuration) =>
        $"{Address(configuration)}/login?t={configuration["AppHost:BrowserToken"]}";
}
