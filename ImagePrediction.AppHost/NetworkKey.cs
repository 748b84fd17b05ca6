using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace ImagePrediction.AppHost;

/// <summary>
/// The API key of a run that other machines may call. On a developer's own machine everything is allowed without one; the whole network
/// is not given that, unless <c>Auth:AllowAnonymous</c> says so.
/// </summary>
internal static class NetworkKey
{
    /// <summary>Lets in only who has the key, which is made at the first start and kept in <c>.data/secrets/api-key</c>. Null where keys are configured or nobody needs one.</summary>
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
