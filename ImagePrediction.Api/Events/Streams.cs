using ImagePrediction.Api.Limits;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Events;

/// <summary>Counts the requests that are held open, in all and for each client.</summary>
internal sealed class Streams(IOptions<EventOptions> options)
{
    private readonly Dictionary<string, int> _byClient = [];
    private int _all;

    /// <summary>Takes a place for as long as it is not disposed; null when there is none.</summary>
    public IDisposable? TryTake(HttpContext context)
    {
        var client = LimitServices.ClientOf(context);
        lock (_byClient)
        {
            var mine = _byClient.GetValueOrDefault(client);
            if (_all >= options.Value.MaxStreams || mine >= options.Value.MaxStreamsPerKey)
                return null;
            _all++;
            _byClient[client] = mine + 1;
        }
        return new Place(this, client);
    }

    private sealed class Place(Streams streams, string client) : IDisposable
    {
        public void Dispose()
        {
            lock (streams._byClient)
            {
                streams._all--;
                if (--streams._byClient[client] == 0)
                    streams._byClient.Remove(client);
            }
        }
    }
}
