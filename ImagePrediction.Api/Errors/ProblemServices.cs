namespace ImagePrediction.Api.Errors;

/// <summary>Registers problem responses for all errors.</summary>
internal static class ProblemServices
{
    public static void AddProblems(this IHostApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemHandler>();
        // So that errors name the invalid parameter outside Development, too.
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <summary>Turns failures of later middleware into problems: exceptions, and errors that the framework returns without a body.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(refused => Refusal.Of(refused.HttpContext)?.ExecuteAsync(refused.HttpContext) ?? Task.CompletedTask);
    }
}
