using Microsoft.AspNetCore.Authentication;

namespace ImagePrediction.Api.Access;

/// <summary>Registers who may do what.</summary>
internal static class AccessServices
{
    public static void AddAccess(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiKeys>();
        builder.Services.AddSingleton<AnonymousAccess>();
        // Not AddAuthentication: it brings keys for cookies, which nobody here needs and somebody would have to look after.
        builder.Services.AddAuthenticationCore(options => options.DefaultScheme = BearerHandler.Name);
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.Name, configureOptions: null);
        var policies = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
            policies.AddPolicy(scope, policy => policy.RequireClaim(Caller.ScopeClaim, scope));
        builder.AddCors();
    }

    /// <summary>Why the API does not start, in one line; null if it may.</summary>
    public static string? ReasonNotToStart(this WebApplication app)
    {
        try
        {
            return app.Services.GetRequiredService<ApiKeys>().Any || app.Services.GetRequiredService<AnonymousAccess>().Ticket is not null ? null
                : "No API key is configured. Make one with './run --new-key NAME', or set Auth__AllowAnonymous=true to let everybody in.";
        }
        catch (InvalidOperationException wrong)
        {
            return wrong.Message;
        }
    }
}
