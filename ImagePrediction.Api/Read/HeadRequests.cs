namespace ImagePrediction.Api.Read;

/// <summary>HEAD is supported wherever GET is, with the same header fields (RFC 9110, section 9.3.2); the server omits the body.</summary>
internal static class HeadRequests
{
    private static readonly object Mark = new();

    /// <summary>Routes HEAD requests as GET. Must be called before routing.</summary>
    public static void UseHead(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Request.Method = HttpMethods.Get;
            context.Request.Headers.Range = default; // ranges are defined for GET only
            context.Items[Mark] = Mark;
        }
        return next(context);
    });

    /// <summary>True if the request was HEAD.</summary>
    public static bool IsHead(this HttpContext context) => context.Items.ContainsKey(Mark);
}
