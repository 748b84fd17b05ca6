namespace ImagePrediction.Api.Errors;

/// <summary>Ends the request with a problem.</summary>
/// <param name="type">What kind.</param>
/// <param name="detail">What is wrong with this request and what to do about it, in a sentence.</param>
/// <param name="inner">What caused it, for the log.</param>
public sealed class ProblemException(ProblemType type, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>What kind of problem it is.</summary>
    public ProblemType Type { get; } = type;

    /// <summary>When trying again can help; null where the type says so or it cannot.</summary>
    public TimeSpan? RetryAfter { get; init; } = type.RetryAfter;
}
