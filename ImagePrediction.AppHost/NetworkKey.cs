using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace ImagePrediction.AppHost;

/// <summary>
/// The API key of a run that other machines can reach. On a developer's own machine everything is allowed without one; other machines
/// need it, unless <c>Auth:AllowAnonymous</c> is set.
/// </summary>
internal static class NetworkKey
{
    /// <summary>
    /// Requires the key, which is created on the first start and kept in <c>.data/secrets/api-key</c>. Null if keys are configured or
    /// none is needed.
    /// </summary>
    public static string? Demand(IResourceBuilder<ProjectResource> api, RunSettings settings, IConfiguration configuration)
    {
        if (settings.Host is null || configuration.GetSection("ApiKeys").Exists() || configuration.GetValue("Auth:AllowAnonymous", false))
            return null;
        var key = new PasswordFile(Path.Combine(settings.Data, "secrets", "api-key"), prefix: "ip_").GetDefaultValue();
        api.WithEnvironment("ApiKeys__network__Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))))
            .WithEnvironment("ApiKeys__network__Scopes", "read write operator");
        return key;
    }
}
