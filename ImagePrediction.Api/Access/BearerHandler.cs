using System.Text.Encodings.Web;
using ImagePrediction.Api.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Access;

/// <summary>Authenticates requests by <c>Authorization: Bearer {key}</c> (RFC 6750, section 2.1); a key in a URL is ignored.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeys keys, AnonymousAccess anonymous)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Name = "Bearer";
    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => new ProblemResult(ProblemType.Unauthorized,
        Request.Headers.Authorization.Count == 0
            ? "Send a key in the header: Authorization: Bearer <key>." : "The key in the Authorization header is not valid.").ExecuteAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => new ProblemResult(ProblemType.Forbidden,
        $"The scopes of this key are: {string.Join(", ", Context.User.FindAll(Caller.ScopeClaim).Select(claim => claim.Value))}.").ExecuteAsync(Context);

    private AuthenticateResult Authenticate()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!keys.Any || header.Length == 0)
            return anonymous.Ticket is { } ticket ? AuthenticateResult.Success(ticket) : AuthenticateResult.NoResult();
        return header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && keys.Find(header[Prefix.Length..].Trim()) is { } key
            ? AuthenticateResult.Success(key)
            : AuthenticateResult.Fail("Unknown key");
    }
}

/// <summary>What requests without a key may do: read and write if the operator allows it, anything in Development if there are no keys.</summary>
internal sealed class AnonymousAccess
{
    public AnonymousAccess(ApiKeys keys, IConfiguration configuration, IHostEnvironment environment)
    {
        Ticket = configuration.GetValue("Auth:AllowAnonymous", false) ? For([Scopes.Read, Scopes.Write])
            : environment.IsDevelopment() && !keys.Any ? For(Scopes.All) : null;
    }

    /// <summary>The identity of requests without a key, with the scopes they have; null if a key is required.</summary>
    public AuthenticationTicket? Ticket { get; }

    private static AuthenticationTicket For(IEnumerable<string> scopes) => new(Caller.Anonymous(scopes), BearerHandler.Name);
}
