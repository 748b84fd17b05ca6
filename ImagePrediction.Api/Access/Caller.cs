using System.Security.Claims;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Access;

/// <summary>The sender of a request: the name and scopes of its key, or an anonymous one.</summary>
internal static class Caller
{
    public const string ScopeClaim = "scope";

    /// <summary>A sender with this key.</summary>
    public static ClaimsPrincipal Of(string keyName, IEnumerable<string> scopes) => Create("Bearer", keyName, scopes);

    /// <summary>A sender without a key.</summary>
    public static ClaimsPrincipal Anonymous(IEnumerable<string> scopes) => Create("Anonymous", "", scopes);

    /// <summary>The name of the key, which owns the predictions made with it; empty without a key.</summary>
    public static string Owner(this ClaimsPrincipal caller) => caller.Identity?.Name ?? "";

    public static bool Has(this ClaimsPrincipal caller, string scope) => caller.HasClaim(ScopeClaim, scope);

    /// <summary>True for the caller's own predictions, and for all if the caller is an operator.</summary>
    public static bool MaySee(this ClaimsPrincipal caller, Prediction prediction) =>
        prediction.Owner == caller.Owner() || caller.Has(Scopes.Operator);

    private static ClaimsPrincipal Create(string kind, string name, IEnumerable<string> scopes) => new(new ClaimsIdentity(
        scopes.Select(scope => new Claim(ScopeClaim, scope)).Append(new(ClaimTypes.Name, name)), kind));
}
