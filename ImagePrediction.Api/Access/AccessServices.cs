using System.Net;
using Microsoft.AspNetCore.Authentication;

namespace ImagePrediction.Api.Access;

/// <summary>Registers authentication, authorization, CORS and rate limits.</summary>
internal static class AccessServices
{
    public static void AddAccess(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiKeys>();
        builder.Services.AddSingleton<AnonymousAccess>();
        // Not AddAuthentication: it adds data protection keys for cookies, which are not needed here and would have to be maintained.
        builder.Services.AddAuthenticationCore(options => options.DefaultScheme = BearerHandler.Name);
        builder.Services.AddWebEncoders();
        new AuthenticationBuilder(builder.Services)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.Name, configureOptions: null);
        var policies = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
            policies.AddPolicy(scope, policy => policy.RequireClaim(Caller.ScopeClaim, scope));
        builder.AddCors();
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimit").ValidateDataAnnotations().ValidateOnStart()
            .PostConfigure<IHostEnvironment>((limit, environment) => limit.PerSecond ??= environment.IsDevelopment() ? 0 : RateLimitOptions.DefaultPerSecond);
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.ConfigureOptions<RequestRate>();
        builder.Services.AddSingleton<KnownHosts>();
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded => Client.TrustProxies(forwarded, builder.Configuration));
    }

    private const string WhatToDo = "Make one with './run --new-key NAME', or set Auth__AllowAnonymous=true to let everybody in.";

    /// <summary>Why the API must not start, in one line; null if it may.</summary>
    public static string? ReasonNotToStart(this WebApplication app)
    {
        try
        {
            if (app.Configuration["Webhooks:AllowHttp"] is not null || app.Configuration.GetSection("Webhooks:AllowedNetworks").Exists())
                return "Webhooks:AllowHttp and Webhooks:AllowedNetworks are now Outbound:AllowHttp and Outbound:AllowedNetworks. Rename them.";
            if (app.Services.GetRequiredService<ApiKeys>().Any || app.Configuration.GetValue("Auth:AllowAnonymous", false))
                return null;
            if (app.Services.GetRequiredService<AnonymousAccess>().Ticket is null)
                return $"No API key is configured. {WhatToDo}";
            return ListensToTheNetwork(app.Configuration) is { } url ? $"{url} lets other machines in, and no API key is configured. {WhatToDo}" : null;
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException) // a setting that cannot be read
        {
            return wrong.Message;
        }
    }

    // In Development, access without a key is only for the developer's own machine.
    private static string? ListensToTheNetwork(IConfiguration configuration)
    {
        var urls = (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var ports = urls.Length > 0 ? [] : $"{configuration["http_ports"]};{configuration["https_ports"]}".Split(';', StringSplitOptions.RemoveEmptyEntries);
        return urls.Concat(ports.Select(port => $"http://*:{port}"))
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>())
            .FirstOrDefault(url => !IsOfThisMachineOnly(BindingAddress.Parse(url).Host));
    }

    private static bool IsOfThisMachineOnly(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
