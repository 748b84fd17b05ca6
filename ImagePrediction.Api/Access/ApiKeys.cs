using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace ImagePrediction.Api.Access;

/// <summary>The configured keys: <c>ApiKeys:{name}:Sha256</c> and <c>ApiKeys:{name}:Scopes</c>. The keys themselves are not stored.</summary>
internal sealed class ApiKeys
{
    private const string DefaultScopes = $"{Access.Scopes.Read} {Access.Scopes.Write}";

    private readonly ApiKey[] _keys;

    /// <exception cref="InvalidOperationException">A configured key has no valid hash or an unknown scope.</exception>
    public ApiKeys(IConfiguration configuration) => _keys = [.. configuration.GetSection("ApiKeys").GetChildren().Select(Read)];

    /// <summary>True if any keys are configured.</summary>
    public bool Any => _keys.Length > 0;

    /// <summary>
    /// The owner of the presented key, or null. Takes constant time, so that the response time reveals nothing about
    /// the keys.
    /// </summary>
    public AuthenticationTicket? Find(string presented)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
        AuthenticationTicket? found = null;
        foreach (var key in _keys)
            if (CryptographicOperations.FixedTimeEquals(key.Hash, hash))
                found = key.Ticket;
        return found;
    }

    private static ApiKey Read(IConfigurationSection section)
    {
        var scopes = (section["Scopes"] ?? DefaultScopes).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (scopes.Except(Scopes.All).FirstOrDefault() is { } unknown)
            throw new InvalidOperationException($"{section.Path}:Scopes names '{unknown}'; known are {string.Join(", ", Scopes.All)}.");
        var hex = section["Sha256"] ?? "";
        if (hex.Length != 2 * SHA256.HashSizeInBytes || !hex.All(char.IsAsciiHexDigit))
            throw new InvalidOperationException($"{section.Path}:Sha256 must be the 64 hexadecimal digits that ./run --new-key prints.");
        return new(Convert.FromHexString(hex), new(Caller.Of(section.Key, scopes), BearerHandler.Name));
    }

    private sealed record ApiKey(byte[] Hash, AuthenticationTicket Ticket);
}
