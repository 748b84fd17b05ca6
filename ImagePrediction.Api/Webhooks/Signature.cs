using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImagePrediction.Api.Webhooks;

/// <summary>Signatures according to Standard Webhooks, version 1: HMAC-SHA256 of id, time and body.</summary>
internal static class Signature
{
    private const string SecretPrefix = "whsec_";
    private const int LeastBytes = 24;
    private const int MostBytes = 64;

    /// <summary>The key in a secret; null if the secret is invalid.</summary>
    public static byte[]? TryReadSecret(string secret)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
            return null;
        var key = new byte[MostBytes + 1];
        return Convert.TryFromBase64String(secret[SecretPrefix.Length..], key, out var length) && length is >= LeastBytes and <= MostBytes
            ? key[..length] : null;
    }

    /// <summary>The header <c>webhook-signature</c>: one signature for each key.</summary>
    public static string Of(IEnumerable<byte[]> keys, string id, long unixSeconds, ReadOnlySpan<byte> body)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}."));
        var signatures = new List<string>();
        foreach (var key in keys)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
            hmac.AppendData(head);
            hmac.AppendData(body);
            signatures.Add("v1," + Convert.ToBase64String(hmac.GetHashAndReset()));
        }
        return string.Join(' ', signatures);
    }
}
