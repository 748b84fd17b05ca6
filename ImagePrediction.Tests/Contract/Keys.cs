using System.Diagnostics;
using System.Net;
using ImagePrediction.Tests.Support;
using StackExchange.Redis;

namespace ImagePrediction.Tests.Contract;

/// <summary>What a client may do with which API key.</summary>
public sealed class Keys(KeyedTopology keyed) : IClassFixture<KeyedTopology>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WithoutAKeyOrWithAnUnknownOneNothingIsAnswered()
    {
        var topology = await keyed.GetAsync();
        foreach (var key in new[] { null, "", "ip_unknown" })
            foreach (var path in new[] { "/image_prediction/x", "/image_predictions", "/stats" })
            {
                using var response = await SendAsync(topology, key, HttpMethod.Get, path);
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
                Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
                Assert.Equal("/problems/unauthorized", (await Topology.ReadAsync(response)).GetProperty("type").GetString());
            }
        using var inUrl = await topology.Api.GetAsync($"/image_predictions?key={KeyedTopology.Alice}&access_token={KeyedTopology.Alice}", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, inUrl.StatusCode);
    }

    [Fact]
    public async Task AKeySeesItsOwnPredictionsAndNoOthers()
    {
        var topology = await keyed.GetAsync();
        var id = await PostAsync(topology, KeyedTopology.Alice);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Alice, HttpMethod.Get, $"/image_prediction/{id}"));

        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, ""), (HttpMethod.Get, "/events"), (HttpMethod.Get, "/image"), (HttpMethod.Get, "/annotated"),
            (HttpMethod.Get, "/deliveries"), (HttpMethod.Post, "/cancel"), (HttpMethod.Delete, ""),
        })
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(topology, KeyedTopology.Bob, method, $"/image_prediction/{id}{path}"));
        Assert.DoesNotContain(id.ToString(), await ListAsync(topology, KeyedTopology.Bob), StringComparison.Ordinal);
        Assert.Contains(id.ToString(), await ListAsync(topology, KeyedTopology.Alice), StringComparison.Ordinal);
        Assert.Contains(id.ToString(), await ListAsync(topology, KeyedTopology.Operator), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AScopeThatIsMissingIsForbiddenAndNamed()
    {
        var topology = await keyed.GetAsync();
        using var posted = await topology.PostAsync(Photos.Jpeg(64, 48), request: With(KeyedTopology.Reader));
        Assert.Equal(HttpStatusCode.Forbidden, posted.StatusCode);
        Assert.Contains("read", (await Topology.ReadAsync(posted)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        var id = await PostAsync(topology, KeyedTopology.Alice);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(topology, KeyedTopology.Alice, HttpMethod.Post, $"/image_prediction/{id}/retry"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(topology, KeyedTopology.Alice, HttpMethod.Get, "/stats"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Operator, HttpMethod.Get, "/stats"));
        foreach (var path in new[] { "/queue/pause", "/queue/resume", "/image_predictions/retry?error_code=worker_lost" })
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(topology, KeyedTopology.Alice, HttpMethod.Post, path));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Operator, HttpMethod.Post, "/queue/resume"));
    }

    [Fact]
    public async Task TheSameIdempotencyKeyOfTwoClientsIsTwoKeys()
    {
        var topology = await keyed.GetAsync();
        var key = Guid.NewGuid().ToString();
        var first = await PostAsync(topology, KeyedTopology.Alice, key);
        Assert.NotEqual(first, await PostAsync(topology, KeyedTopology.Bob, key));
        Assert.Equal(first, await PostAsync(topology, KeyedTopology.Alice, key));
    }

    [Fact]
    public async Task WhoeverWaitsIsWokenByTheMessageThatItIsFinal()
    {
        var topology = await keyed.GetAsync(); // nobody looks again there, and the client gives up long before its wish is over
        using var request = With(KeyedTopology.Alice);
        request.Headers.Add("Prefer", "wait=60");
        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("succeeded", (await Topology.ReadAsync(response)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task AllWhoListenAreToldByOneMessageAndOneMoreThanAKeyMayHaveIsRefused()
    {
        var topology = await keyed.GetAsync(); // nobody looks again there
        var id = await PostAsync(topology, KeyedTopology.Listener, prefer: "wait=30");
        // As if a worker had been at it for long and will be for long.
        await topology.ScalarAsync<Guid>("UPDATE predictions SET status = 'processing', lease_until = now() + interval '100 s' WHERE id = $1 RETURNING id", id);
        Task<HttpResponseMessage> ListenAsync() => SendAsync(topology, KeyedTopology.Listener, HttpMethod.Get, $"/image_prediction/{id}/events");
        var streams = await Task.WhenAll(Enumerable.Range(0, KeyedTopology.MaxStreams).Select(_ => ListenAsync()));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        using var oneMore = await ListenAsync();
        Assert.Equal("/problems/too-many-streams", (await Topology.ReadAsync(oneMore)).GetProperty("type").GetString());
        Assert.NotNull(oneMore.Headers.RetryAfter);

        var subscriptions = (RedisResult[])(await topology.Redis.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", "done"))!;
        Assert.Equal(1, (long)subscriptions[1]);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Listener, HttpMethod.Post, $"/image_prediction/{id}/cancel"));
        foreach (var stream in streams)
        {
            Assert.Contains("\"status\":\"canceled\"", await stream.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            stream.Dispose();
        }
    }

    [Fact]
    public async Task OneUploadMoreAtOnceThanAKeyMayHaveIsRefusedUntilAnotherEnds()
    {
        var topology = await keyed.GetAsync();
        var photo = Photos.Jpeg(64, 48);
        var headers = $"Authorization: Bearer {KeyedTopology.Bob}\r\nContent-Type: image/jpeg\r\nContent-Length: {photo.Length}\r\n";
        var underWay = await Task.WhenAll(Enumerable.Range(0, KeyedTopology.MaxUploads).Select(_ => RawPost.BeginAsync(topology, headers)));

        Task<HttpResponseMessage> OneMoreAsync() => topology.PostAsync(photo, request: With(KeyedTopology.Bob));
        using var refused = await OneMoreAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("/problems/too-many-uploads", (await Topology.ReadAsync(refused)).GetProperty("type").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
        await PostAsync(topology, KeyedTopology.Alice);

        foreach (var upload in underWay)
            upload.Dispose();
        using var later = await Eventually.GetAsync(OneMoreAsync, response => response.StatusCode != HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
    }

    [Fact]
    public async Task WhoeverWaitsForAnAnswerTakesNoPlaceOfAnUpload()
    {
        var topology = await keyed.GetAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Operator, HttpMethod.Post, "/queue/pause"));
        Task<Guid>[] waits;
        try
        {
            waits = [.. Enumerable.Range(0, KeyedTopology.MaxUploads).Select(_ => PostAsync(topology, KeyedTopology.Bob, prefer: "wait=60"))];
            await Eventually.GetAsync(() => topology.CountAsync("owner = 'bob' AND status = 'queued'"), count => count == waits.Length);
            using var oneMore = await Eventually.GetAsync(() => topology.PostAsync(Photos.Jpeg(64, 48), request: With(KeyedTopology.Bob)),
                response => response.StatusCode != HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(10));
            Assert.Equal(HttpStatusCode.Accepted, oneMore.StatusCode);
        }
        finally
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Operator, HttpMethod.Post, "/queue/resume"));
        }
        await Task.WhenAll(waits);
    }

    [Theory]
    [InlineData(KeyedTopology.Friend, HttpStatusCode.Unauthorized)] // let in by the site it is from, and then asked for a key
    [InlineData("https://stranger.example", HttpStatusCode.Forbidden)]
    public async Task APhotoPostedByAPageOfANamedSiteIsTakenAndItsAnswerCanBeRead(string origin, HttpStatusCode withoutKey)
    {
        var topology = await keyed.GetAsync();
        async Task<HttpResponseMessage> SendFromPageAsync(string? key)
        {
            var request = With(key);
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            return await topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        }
        using var nobody = await SendFromPageAsync(null);
        Assert.Equal(withoutKey, nobody.StatusCode);
        using var posted = await SendFromPageAsync(KeyedTopology.Bob);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode); // who shows a key is no victim of a page
        var readable = withoutKey == HttpStatusCode.Unauthorized;
        Assert.Equal(readable, posted.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) && origins.Single() == origin);
        Assert.Equal(readable, posted.Headers.TryGetValues("Access-Control-Expose-Headers", out var exposed) && exposed.Single().Contains("Location", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BehindAProxyThatIsNamedEachClientIsCountedByTheAddressThatTheProxySays()
    {
        var topology = await keyed.GetAsync();
        async Task<HttpStatusCode> StatusOfAsync(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/stats") { Headers = { { "X-Forwarded-For", address } } };
            using var response = await topology.Api.SendAsync(request, Cancellation);
            return response.StatusCode;
        }
        var one = await Task.WhenAll(Enumerable.Range(0, 3 * KeyedTopology.Burst).Select(_ => StatusOfAsync("203.0.113.1")));
        Assert.Contains(HttpStatusCode.TooManyRequests, one);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync("203.0.113.2"));
    }

    [Theory]
    [InlineData(KeyedTopology.Friend, true)]
    [InlineData("https://stranger.example", false)]
    public async Task OnlyThePagesOfNamedSitesMayUseTheApi(string origin, bool allowed)
    {
        var topology = await keyed.GetAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/image_prediction");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,idempotency-key");
        using var response = await topology.Api.SendAsync(request, Cancellation);
        Assert.Equal(allowed, response.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) && origins.Single() == origin);
    }

    [Fact]
    public async Task AClientLearnsWhatItMayDo()
    {
        var topology = await keyed.GetAsync();
        using var nobody = await SendAsync(topology, null, HttpMethod.Get, "/session");
        var session = await Topology.ReadAsync(nobody);
        Assert.Equal("key", session.GetProperty("authentication").GetString());
        Assert.Empty(session.GetProperty("scopes").EnumerateArray());
        using var reader = await SendAsync(topology, KeyedTopology.Reader, HttpMethod.Get, "/session");
        Assert.Equal("[\"read\"]", (await Topology.ReadAsync(reader)).GetProperty("scopes").ToString());
    }

    [Fact]
    public async Task TheApiDocumentSaysWhatNeedsAKey()
    {
        var topology = await keyed.GetAsync();
        using var response = await topology.Api.GetAsync("/openapi/v1.json", Cancellation);
        var operations = ApiDocument.Operations(await Topology.ReadAsync(response));
        Assert.Equal(["GetSession"], operations.Where(operation => operation.GetProperty("security").GetArrayLength() != 1)
            .Select(operation => operation.GetProperty("operationId").GetString()));
    }

    [Fact]
    public async Task MoreRequestsThanAKeyMaySendAreRefusedAndOthersAreNot()
    {
        var topology = await keyed.GetAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 3 * KeyedTopology.Burst)
            .Select(_ => SendAsync(topology, KeyedTopology.Hasty, HttpMethod.Get, "/image_predictions?limit=1")));

        Assert.InRange(answers.Count(answer => answer.StatusCode != HttpStatusCode.TooManyRequests), KeyedTopology.Burst, answers.Length - 1);
        var refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("/problems/rate-limited", (await Topology.ReadAsync(refused)).GetProperty("type").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(topology, KeyedTopology.Reader, HttpMethod.Get, "/image_predictions"));
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Theory]
    [InlineData("Production", null, null)]
    [InlineData("Production", "ApiKeys__a__Sha256", "zz")]
    [InlineData("Development", "ApiKeys__a__Scopes", "admin")]
    [InlineData("Development", "ASPNETCORE_URLS", "http://0.0.0.0:0")] // what a developer may do without a key, the network may not
    public async Task OpenToOthersTheApiDoesNotStartWithoutAKeyAndSaysSoInOneLine(string environment, string? name, string? value)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Api.Errors.ProblemType).Assembly.Location]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        start.Environment["ConnectionStrings__predictions"] = "Host=127.0.0.1;Port=1;Database=none";
        start.Environment["ConnectionStrings__redis"] = "127.0.0.1:1";
        if (name is not null)
            start.Environment[name] = value;
        using var api = Process.Start(start)!;
        var error = await api.StandardError.ReadToEndAsync(Cancellation);
        await api.WaitForExitAsync(Cancellation);

        Assert.Equal(1, api.ExitCode);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(name is null or "ASPNETCORE_URLS" ? "No API key is configured" : name.Split("__")[^1], error, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<Guid> PostAsync(Topology topology, string key, string? idempotencyKey = null, string? prefer = null)
    {
        using var request = With(key);
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        Assert.True(response.IsSuccessStatusCode);
        return (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();
    }

    private static async Task<string> ListAsync(Topology topology, string key)
    {
        using var response = await SendAsync(topology, key, HttpMethod.Get, "/image_predictions");
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task<HttpStatusCode> StatusAsync(Topology topology, string key, HttpMethod method, string path)
    {
        using var response = await SendAsync(topology, key, method, path);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(Topology topology, string? key, HttpMethod method, string path)
    {
        using var request = With(key);
        request.Method = method;
        request.RequestUri = new(path, UriKind.Relative);
        return await topology.Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    private static HttpRequestMessage With(string? key)
    {
        var request = new HttpRequestMessage();
        if (key is not null)
            request.Headers.Authorization = TestKeys.Header(key);
        return request;
    }
}
