using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Rewrite;

namespace ImagePrediction.Api;

/// <summary>The web pages <c>/</c>, <c>/operator</c> and <c>/docs</c>: static files that connect to this server only.</summary>
internal static class Pages
{
    private const string Policy = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    public static void AddPages(this IHostApplicationBuilder builder)
    {
        builder.Services.AddResponseCompression(options =>
        {
            // Everybody gets the same text, so its compressed size reveals no secrets.
            options.EnableForHttps = true;
            options.MimeTypes = ["text/html", "text/css", "text/javascript", "image/svg+xml"];
        });
        builder.Services.Configure<BrotliCompressionProviderOptions>(options => options.Level = CompressionLevel.Optimal);
    }

    public static void UsePages(this WebApplication app)
    {
        app.UseResponseCompression();
        app.UseRewriter(new RewriteOptions().AddRewrite("^(operator|docs)$", "$1.html", skipRemainingRules: true));
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = file => Protect(file.Context.Response.Headers) });
    }

    /// <summary>The headers of every page.</summary>
    public static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache"; // cached, but revalidated each time: page and API are always the same version
    }
}
