namespace ImagePrediction.Api.Limits;

/// <summary>Counts the requests of a kind that are held open, in all and for each client.</summary>
/// <param name="all">How many there may be.</param>
/// <param name="forOne">How many there may be of one client: of one key, or without keys of one address.</param>
internal class Places(int all, int forOne)
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
            if (_all >= all || mine >= forOne)
                return null;
            _all++;
            _byClient[client] = mine + 1;
        }
        return new Place(this, client);
    }

    private sealed class Place(Places places, string client) : IDisposable
    {
        public void Dispose()
        {
            lock (places._byClient)
            {
                places._all--;
                if (--places._byClient[client] == 0)
                    places._byClient.Remove(client);
            }
        }
    }
}
