namespace ImagePrediction.Api.Errors;

/// <summary>Registers problem responses for all errors.</summary>
internal static class ProblemServices
{
    public static void AddProblems(this IHostApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemHandler>();
        // So that an invalid parameter is named outside Development, too.
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <summary>Turns failures of later middleware into problems: exceptions, and what the framework rejects without a body.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(refused => Refusal.Of(refused.HttpContext)?.ExecuteAsync(refused.HttpContext) ?? Task.CompletedTask);
    }
}
