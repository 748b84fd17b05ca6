using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Outbound;

namespace ImagePrediction.Api.Submit;

/// <summary>Fetches images from URLs that clients send in place of images, under the rules of <see cref="Outbound"/>.</summary>
internal sealed class RemoteImages(OutboundUrls urls, OutboundHttp http) : IDisposable
{
    private const int MaxRedirects = 3, MaxAtOnce = 64;

    /// <summary>How long the other server may take, from the DNS lookup to the last byte.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    // A request of a few bytes makes this server download megabytes.
    private readonly ConcurrencyLimiter _places = new(new() { PermitLimit = MaxAtOnce });
    private readonly HttpMessageInvoker _http = http.CreateInvoker(TimeSpan.FromSeconds(10));

    /// <summary>A place for one fetch, until it is disposed.</summary>
    /// <exception cref="ProblemException">Too many fetches are in progress.</exception>
    public RateLimitLease TakePlace() => _places.AttemptAcquire() is { IsAcquired: true } place ? place
        : throw new ProblemException(ProblemType.TooManyUploads, $"{MaxAtOnce} images are being fetched already.") { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>The response from a URL, its body not read yet. Each redirect is checked as the first URL was.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="cancellationToken">Cancels the fetch.</param>
    /// <exception cref="ProblemException">The URL may not be called, or could not be fetched.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string text, CancellationToken cancellationToken)
    {
        var url = urls.Accept(text, "URL of the image", ProblemType.UrlRefused);
        for (var redirects = 0; ; redirects++)
        {
            var response = await GetAsync(url, cancellationToken);
            if (response.IsSuccessStatusCode)
                return response;
            using var _ = response;
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } next)
                throw NotFetched($"{url.Host} answered {(int)response.StatusCode}.");
            if (redirects == MaxRedirects)
                throw NotFetched($"{url.Host} redirects more than {MaxRedirects} times.");
            if (!Uri.TryCreate(url, next, out var target))
                throw NotFetched($"{url.Host} redirects to no URL.");
            url = target;
            if (urls.Reason(url) is { } reason)
                throw new ProblemException(ProblemType.UrlRefused, $"It redirects to {url.Host}. {reason}");
        }
    }

    public static ProblemException NotFetched(string detail, Exception? cause = null) => new(ProblemType.UrlNotFetched, detail, cause);

    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    private async Task<HttpResponseMessage> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(new("ImagePrediction", null));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/*"));
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception exception) when (OutboundErrors.Of(exception) is var code && (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            throw code == OutboundErrors.RefusedAddress
                ? new ProblemException(ProblemType.UrlRefused, OutboundUrls.NotPublic(url.Host), exception)
                : NotFetched($"{url.Host} could not be read: {code}.", exception);
        }
    }
}
