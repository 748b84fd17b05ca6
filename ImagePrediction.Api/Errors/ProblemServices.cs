namespace ImagePrediction.Api.Errors;

/// <summary>Registers the answer to every error.</summary>
internal static class ProblemServices
{
    public static void AddProblems(this IHostApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemHandler>();
    }
}
