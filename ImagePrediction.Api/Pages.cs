using Microsoft.AspNetCore.Rewrite;

namespace ImagePrediction.Api;

/// <summary>The pages for people: <c>/</c> and <c>/operator</c>, static files that speak to this server only.</summary>
internal static class Pages
{
    private const string Policy = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    public static void UsePages(this WebApplication app)
    {
        app.UseRewriter(new RewriteOptions().AddRewrite("^operator$", "operator.html", skipRemainingRules: true));
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = file => Protect(file.Context.Response.Headers) });
    }

    /// <summary>The headers of every page.</summary>
    public static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache"; // kept, but asked for each time: page and API are always of one version
    }
}
