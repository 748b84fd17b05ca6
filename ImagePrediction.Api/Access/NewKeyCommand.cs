using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ImagePrediction.Api.Access;

/// <summary><c>new-key NAME</c>: prints a new API key, once, and the settings that enable it.</summary>
internal static partial class NewKeyCommand
{
    private const int RandomBytes = 32;

    /// <summary>Returns 0, or 2 for an invalid name.</summary>
    public static int Run(string name)
    {
        if (!Name().IsMatch(name))
        {
            Console.Error.WriteLine("A key's name consists of letters, digits and single underscores, at most 64 characters.");
            return 2;
        }
        var key = "ip_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        Console.WriteLine($"""
            The key, shown this once and stored nowhere:
              {key}
            Let it in, in the environment of ./run or of the API (add operator for /stats and retry):
              export ApiKeys__{name}__Sha256={hash}
              export ApiKeys__{name}__Scopes="{Scopes.Read} {Scopes.Write}"
            Use it:
              curl -H "Authorization: Bearer {key}" -F file=@photo.jpg http://localhost:5080/image_prediction
            """);
        return 0;
    }

    [GeneratedRegex("^(?=.{1,64}$)[A-Za-z0-9]+(_[A-Za-z0-9]+)*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
