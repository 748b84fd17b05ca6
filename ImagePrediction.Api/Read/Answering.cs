using System.Globalization;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Queue;
using ImagePrediction.Predictions;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Read;

/// <summary>The headers of responses that contain a prediction.</summary>
internal static class Answering
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>The prediction as clients see it, with its headers.</summary>
    public static PredictionResponse Describe(HttpResponse response, Prediction prediction, QueueSnapshot queue)
    {
        var info = queue.InfoOf(prediction);
        if (!prediction.IsFinal)
            RetryAfter(response, info is null ? Soon : queue.TimeFor(info.Position));
        response.Headers.CacheControl = "private, no-cache";
        response.GetTypedHeaders().ETag = TagOf(prediction);
        return PredictionResponse.From(prediction, info, KnownHosts.OriginOf(response.HttpContext));
    }

    /// <summary>Weak, since the position in the queue can change while the version does not.</summary>
    public static EntityTagHeaderValue TagOf(Prediction prediction) =>
        new(string.Create(CultureInfo.InvariantCulture, $"\"{prediction.Version}\""), isWeak: true);

    /// <summary>Whether the client has this version already, by <c>If-None-Match</c> (RFC 9110, section 13.1.2).</summary>
    public static bool HasCurrent(HttpRequest request, EntityTagHeaderValue tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false));

    /// <summary>Sets how long the client should wait before it asks again.</summary>
    public static void RetryAfter(HttpResponse response, TimeSpan delay) =>
        response.Headers.RetryAfter = delay.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
