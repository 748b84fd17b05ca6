namespace ImagePrediction.Api.Access;

/// <summary>What an API key may do. Each is also the name of the authorization policy that requires it.</summary>
internal static class Scopes
{
    /// <summary>Read one's own predictions and their pictures.</summary>
    public const string Read = "read";

    /// <summary>Post images; cancel and delete one's own predictions.</summary>
    public const string Write = "write";

    /// <summary>See everybody's predictions and the service's statistics, retry failed predictions, pause the workers.</summary>
    public const string Operator = "operator";

    public static IReadOnlyList<string> All { get; } = [Read, Write, Operator];
}
