using System.Security.Claims;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Database;
using ImagePrediction.Predictions;

namespace ImagePrediction.Api.Read;

/// <summary>Finds predictions for callers that may see them; those of other owners are reported as unknown.</summary>
internal sealed class VisiblePredictions(PredictionReader predictions)
{
    /// <summary>The prediction in its current state.</summary>
    /// <exception cref="ProblemException">No prediction has this id, or it belongs to another key.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The database is unavailable.</exception>
    public async Task<Prediction> FindAsync(string id, ClaimsPrincipal caller) =>
        Guid.TryParse(id, out var guid) && await predictions.FindAsync(guid) is { } prediction && caller.MaySee(prediction)
            ? prediction : throw Unknown(id);

    /// <summary>The problem for an id that does not exist.</summary>
    public static ProblemException Unknown(string id) =>
        new(ProblemType.NotFound, $"No prediction has the id {(id.Length <= 64 ? id : id[..64] + "…")}; it may have been deleted.");

    /// <summary>The status of a prediction as a sentence, for a request that its status does not allow.</summary>
    public static string StandingOf(Prediction prediction) => prediction.Status switch
    {
        PredictionStatus.Queued => "It is still queued.",
        PredictionStatus.Processing => "It is still being processed.",
        PredictionStatus.Succeeded => "It has already succeeded.",
        PredictionStatus.Failed => "It has failed.",
        _ => "It has been canceled.",
    };
}
