using System.Globalization;
using System.Numerics;
using System.Threading.RateLimiting;
using ImagePrediction.Api.Access;
using ImagePrediction.Database;
using ImagePrediction.Predictions;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Read;

/// <summary>Lets clients wait for an answer, by <c>Prefer: wait=N</c> or an event stream, while places are free.</summary>
internal sealed class Watcher(Completions completions, PredictionReader predictions, IOptions<EventOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly PartitionedRateLimiter<HttpContext> _places = Client.Places(options.Value.MaxStreams, options.Value.MaxStreamsPerKey);

    /// <summary>Starts watching a prediction, before it is created or read; null if the client did not ask to wait.</summary>
    public Watch? Begin(HttpContext context, Guid id) => PreferWait(context.Request) is { } limit
        ? new(completions, predictions, options.Value.LookAgain, time, id, limit, () => TryTakePlace(context)) : null;

    /// <summary>A place, taken until disposed; null if none is free.</summary>
    public RateLimitLease? TryTakePlace(HttpContext context)
    {
        var place = _places.AttemptAcquire(context);
        if (place.IsAcquired)
            return place;
        place.Dispose();
        return null;
    }

    public void Dispose() => _places.Dispose();

    /// <summary><c>Prefer: wait=N</c> (RFC 7240): how long the client is willing to wait, a minute at most; null if it is not.</summary>
    private static TimeSpan? PreferWait(HttpRequest request)
    {
        foreach (var preference in request.Headers.GetCommaSeparatedValues("Prefer"))
        {
            var parts = preference.Split(';', 2)[0].Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is [var name, var value] && name.Equals("wait", StringComparison.OrdinalIgnoreCase)
                && BigInteger.TryParse(value.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && !seconds.IsZero)
                return seconds < (int)LongestWait.TotalSeconds ? TimeSpan.FromSeconds((int)seconds) : LongestWait;
        }
        return null;
    }

    /// <summary>One client's wait.</summary>
    public sealed class Watch(
        Completions completions, PredictionReader predictions, TimeSpan lookAgain, TimeProvider time, Guid id, TimeSpan wish,
        Func<RateLimitLease?> tryTakePlace) : IDisposable
    {
        private Completions.Listener _listener = completions.Listen(id);
        private Guid _id = id;
        private long _began = time.GetTimestamp();

        /// <summary>Counts the time from when the request was received in full (RFC 7240, section 4.3).</summary>
        /// <param name="timestamp">From the <see cref="TimeProvider"/>.</param>
        public void CountFrom(long timestamp) => _began = timestamp;

        /// <summary>Waits for another prediction instead.</summary>
        public void TurnTo(Guid other)
        {
            _listener.Dispose();
            (_listener, _id) = (completions.Listen(other), other);
        }

        /// <summary>
        /// The prediction once it is final, or its state when the time is up; null if it was deleted, or is new and all places are taken.
        /// </summary>
        /// <param name="isNew">True if it was created after this wait began: there is no need to read it before the first notice.</param>
        /// <param name="context">The request; its response gets <c>Preference-Applied</c>, unless all places are taken and it does not wait.</param>
        /// <exception cref="Npgsql.NpgsqlException">The database is unavailable when the time is up.</exception>
        public async Task<Prediction?> UntilFinalAsync(bool isNew, HttpContext context)
        {
            using var place = tryTakePlace();
            if (place is null && isNew)
                return null;
            var limit = place is null ? TimeSpan.Zero : wish;
            if (place is not null)
                context.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={limit.TotalSeconds}");
            for (var isFirst = !isNew; ; isFirst = false)
            {
                var left = limit - time.GetElapsedTime(_began);
                var isOver = left <= TimeSpan.Zero || completions.IsStopping;
                if (!isOver && !isFirst)
                    await _listener.WaitAsync(left < lookAgain ? left : lookAgain, context.RequestAborted);
                try
                {
                    var prediction = await predictions.FindAsync(_id);
                    if (isOver || prediction is null or { IsFinal: true })
                        return prediction;
                }
                catch (Exception away) when (!isOver && DatabaseAway.Means(away))
                {
                    // The database may be back before the time is up.
                }
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
