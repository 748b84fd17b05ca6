using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ImagePrediction.Tests.Support;

/// <summary>API keys as settings of the application under test, and as headers.</summary>
internal static class TestKeys
{
    /// <summary>The settings that let a key in; without scopes it has the usual ones.</summary>
    public static IEnumerable<(string, string, string)> Let(string name, string key, string? scopes = null)
    {
        yield return ("api", $"ApiKeys__{name}__Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
        if (scopes is not null)
            yield return ("api", $"ApiKeys__{name}__Scopes", scopes);
    }

    public static AuthenticationHeaderValue Header(string key) => new("Bearer", key);
}
