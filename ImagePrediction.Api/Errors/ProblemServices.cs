namespace ImagePrediction.Api.Errors;

/// <summary>Registers the answer to every error.</summary>
internal static class ProblemServices
{
    public static void AddProblems(this IHostApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemHandler>();
        // So that a parameter that cannot be read is named, in development or not.
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <summary>Answers what goes wrong behind it with a problem: exceptions, and what the framework refuses without a word.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(refused => Refusal.Of(refused.HttpContext)?.ExecuteAsync(refused.HttpContext) ?? Task.CompletedTask);
    }
}
