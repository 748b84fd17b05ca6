namespace ImagePrediction.Api.Errors;

/// <summary>Ends the request with a problem.</summary>
/// <param name="type">The problem type.</param>
/// <param name="detail">What is wrong with this request and what to do about it, in a sentence.</param>
/// <param name="inner">The cause, for the log.</param>
public sealed class ProblemException(ProblemType type, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>The problem type.</summary>
    public ProblemType Type { get; } = type;

    /// <summary>The delay after which retrying can help, by default the type's; null if it cannot.</summary>
    public TimeSpan? RetryAfter { get; init; } = type.RetryAfter;
}
