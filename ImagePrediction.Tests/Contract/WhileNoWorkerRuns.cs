using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;
using Npgsql;

namespace ImagePrediction.Tests.Contract;

/// <summary>What clients see of predictions that wait, in an application whose workers are stopped.</summary>
public sealed class WhileNoWorkerRuns(PausedTopology paused) : IClassFixture<PausedTopology>, IAsyncLifetime
{
    private Topology _topology = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _topology = await paused.GetAsync();

    [Fact]
    public async Task WhoeverWaitsIsToldWhereItStandsAndThatNobodyWorks()
    {
        await _topology.AcceptManyAsync(4);
        using var late = await PostAsync("wait=1");
        Assert.Equal(HttpStatusCode.Accepted, late.StatusCode);
        Assert.Equal("wait=1", late.Headers.GetValues("Preference-Applied").Single());
        Assert.NotNull(late.Headers.RetryAfter);

        var id = (await Topology.ReadAsync(late)).GetProperty("id").GetGuid();
        // Both are looked up once in a while.
        await Eventually.GetAsync(() => _topology.GetAsync(id), prediction => prediction.GetProperty("queue") is var queue
            && queue.GetProperty("workers").ToString() == "0" && queue.GetProperty("position").GetInt64() == 5);
    }

    [Fact]
    public async Task WhoeverWaitsIsAnsweredAlsoWhileRedisIsAway()
    {
        var id = await _topology.AcceptAsync(Photos.Jpeg(64, 48));
        await _topology.CommandAsync("redis", KnownResourceCommands.StopCommand);
        try
        {
            using var events = await _topology.Api.GetAsync($"/image_prediction/{id}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/image_prediction/{id}");
            request.Headers.Add("Prefer", "wait=60"); // longer than the client has patience
            var answer = _topology.Api.SendAsync(request, Cancellation);
            using var canceled = await CancelAsync(id);
            using var response = await answer;
            Assert.Equal("canceled", (await Topology.ReadAsync(response)).GetProperty("status").GetString());
            Assert.Contains("\"status\":\"canceled\"", await events.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        finally
        {
            await _topology.CommandAsync("redis", KnownResourceCommands.StartCommand);
        }
    }

    [Fact]
    public async Task AReplayedPostThatWaitsTakesOnePlaceOnly()
    {
        Task<HttpResponseMessage> SendAsync()
        {
            var request = new HttpRequestMessage();
            request.Headers.Add("Idempotency-Key", "one-place");
            request.Headers.Add("Prefer", "wait=1");
            return _topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        }
        using var first = await SendAsync();
        using var listens = await _topology.Api.GetAsync($"{first.Headers.Location}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var again = await SendAsync(); // a client has two places here
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal("wait=1", again.Headers.GetValues("Preference-Applied").Single());

        // Its place is free for the next test once the stream has ended.
        using var deleted = await _topology.Api.DeleteAsync(first.Headers.Location, Cancellation);
        await listens.Content.ReadAsStringAsync(Cancellation);
    }

    [Fact]
    public async Task AnUploadThatWillWaitTakesItsPlaceOnceItIsReceived()
    {
        const string headers = $"Authorization: Bearer {PausedTopology.First}\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\nPrefer: wait=30\r\n";
        using var one = await RawPost.BeginAsync(_topology, headers);
        using var another = await RawPost.BeginAsync(_topology, headers); // a client has two places here
        using var third = await PostAsync("wait=1");
        Assert.Equal("wait=1", third.Headers.GetValues("Preference-Applied").Single());
    }

    [Fact]
    public async Task AWaitCountsFromWhenTheRequestIsReceivedWholeAlsoWhileTheDatabaseIsSlow()
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var connection = await _topology.Database.OpenConnectionAsync(Cancellation);
        await using var hold = await connection.BeginTransactionAsync(Cancellation);
        await using var command = new NpgsqlCommand("LOCK TABLE predictions IN EXCLUSIVE MODE", connection, hold);
        await command.ExecuteNonQueryAsync(Cancellation);
        var answer = PostAsync("wait=10");
        command.CommandText = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'predictions'::regclass";
        await Eventually.GetAsync(async () => (long)(await command.ExecuteScalarAsync(Cancellation))!, waiting => waiting > 0);
        var received = TimeProvider.System.GetTimestamp();
        await Eventually.GetAsync(() => Task.FromResult(TimeProvider.System.GetElapsedTime(received)), held => held.TotalSeconds > 8);
        await hold.RollbackAsync(Cancellation);

        using var late = await answer;
        Assert.Equal(HttpStatusCode.Accepted, late.StatusCode);
        // Most of them had gone before it was stored; counted from then, it would have waited for more than 18.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 10, 18);
    }

    [Fact]
    public async Task AWaitDoesNotCountTheTimeThatTheUploadTakes()
    {
        var photo = Photos.Jpeg(64, 48);
        using var upload = await RawPost.BeginAsync(_topology,
            $"Authorization: Bearer {PausedTopology.First}\r\nContent-Type: image/jpeg\r\nContent-Length: {photo.Length}\r\nPrefer: wait=3\r\n");
        var began = TimeProvider.System.GetTimestamp();
        await Eventually.GetAsync(() => Task.FromResult(TimeProvider.System.GetElapsedTime(began)), held => held.TotalSeconds > 3.2);
        var sent = TimeProvider.System.GetTimestamp();
        await upload.GetStream().WriteAsync(photo, Cancellation);

        using var reader = new StreamReader(upload.GetStream());
        var status = "";
        while (!status.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || status.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
            status = Assert.IsType<string>(await reader.ReadLineAsync(Cancellation)); // first what is left of the 100
        Assert.Equal("HTTP/1.1 202 Accepted", status);
        Assert.InRange(TimeProvider.System.GetElapsedTime(sent).TotalSeconds, 3, 20);
    }

    [Fact]
    public async Task AStreamOnWhichNothingHappensSaysThatItIsThereUntilThePredictionIsDeleted()
    {
        var id = await _topology.AcceptAsync(Photos.Jpeg(64, 48));
        using var response = await _topology.Api.GetAsync($"/image_prediction/{id}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation) != ": still here")
        {
            // The first event, then nothing.
        }

        using var deleted = await _topology.Api.DeleteAsync($"/image_prediction/{id}", Cancellation);

        Assert.Contains("event: deleted", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsCanceledWhileItWaitsNeverRunsAndWhatIsDeletedLeavesNothing()
    {
        var ids = await _topology.AcceptManyAsync(3);
        using var canceled = await CancelAsync(ids[0]);
        Assert.Equal("canceled", (await Topology.ReadAsync(canceled)).GetProperty("status").GetString());
        using var deleted = await _topology.Api.DeleteAsync($"/image_prediction/{ids[1]}", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        await _topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        await _topology.AllSucceedAsync([ids[2]]);
        await _topology.CommandAsync("worker", KnownResourceCommands.StopCommand);

        Assert.Equal(0, (await _topology.GetAsync(ids[0])).GetProperty("attempt").GetInt32());
        Assert.Equal(0, await _topology.CountAsync("id = $1", ids[1]));
        Assert.False(_topology.HasImage(ids[1]));
    }

    [Theory]
    [InlineData("status = 'queued'")]
    [InlineData("status = 'processing', lease_until = now() + interval '100 s'")]
    [InlineData("status = 'succeeded', completed_at = now()")]
    [InlineData("status = 'failed', completed_at = now(), error_code = 'image_corrupt'")]
    [InlineData("status = 'canceled', completed_at = now()")]
    public async Task AListByFileNameHoldsPredictionsInEveryState(string state)
    {
        var id = await _topology.AcceptAsync(Photos.Jpeg(64, 48));
        await _topology.ScalarAsync<Guid>($"UPDATE predictions SET {state} WHERE id = $1 RETURNING id", id);

        using var page = await _topology.Api.GetAsync("/image_predictions?file_name=photo.jpg", Cancellation);
        using var other = await _topology.Api.GetAsync("/image_predictions?file_name=photo.jpeg", Cancellation);

        Assert.Equal(id, Assert.Single((await Topology.ReadAsync(page)).GetProperty("items").EnumerateArray()).GetProperty("id").GetGuid());
        Assert.Empty((await Topology.ReadAsync(other)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task AFullQueueRefusesByTheHeadersAndTakesAgainOnceThereIsRoom()
    {
        List<Guid> ids = [];
        for (var i = 0; i < PausedTopology.MaxWaitingPerKey; i++)
            ids.Add(await AcceptedAsync(PausedTopology.First));
        await RefusedAsync(PausedTopology.First, $"{PausedTopology.MaxWaitingPerKey} predictions of this key are waiting");
        for (var i = PausedTopology.MaxWaitingPerKey; i < PausedTopology.MaxWaiting; i++)
            await AcceptedAsync(PausedTopology.Second);
        await RefusedAsync(PausedTopology.Second, $"{PausedTopology.MaxWaiting} predictions are waiting");

        using var canceled = await CancelAsync(ids[0]);
        await AcceptedAsync(PausedTopology.First);
    }

    /// <summary>What waits is an estimate, which may be one too high until the next look at the queue.</summary>
    private async Task<Guid> AcceptedAsync(string key)
    {
        using var accepted = await Eventually.GetAsync(() =>
        {
            var request = new HttpRequestMessage();
            request.Headers.Authorization = TestKeys.Header(key);
            return _topology.PostAsync(Photos.Jpeg(64, 48), request: request);
        }, response => response.StatusCode == HttpStatusCode.Accepted);
        return (await Topology.ReadAsync(accepted)).GetProperty("id").GetGuid();
    }

    /// <summary>No body is sent: the answer comes all the same.</summary>
    private async Task RefusedAsync(string key, string detail)
    {
        var answer = await RawPost.SendAsync(_topology, $"Authorization: Bearer {key}\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n", []);
        Assert.StartsWith("HTTP/1.1 429", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/queue-full", answer, StringComparison.Ordinal);
        Assert.Contains(detail, answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", answer, StringComparison.Ordinal);
    }

    /// <summary>Nothing waits for the next test.</summary>
    public async ValueTask DisposeAsync()
    {
        await _topology.ScalarAsync<long>("WITH gone AS (DELETE FROM predictions RETURNING id) SELECT count(*) FROM gone");
        await Eventually.GetAsync(() => _topology.Api.GetFromJsonAsync<JsonElement>("/stats"), stats => stats.GetProperty("queued").GetInt64() == 0);
    }

    private Task<HttpResponseMessage> CancelAsync(Guid id) => _topology.Api.PostAsync($"/image_prediction/{id}/cancel", null, Cancellation);

    private async Task<HttpResponseMessage> PostAsync(string prefer)
    {
        using var request = new HttpRequestMessage();
        request.Headers.Add("Prefer", prefer);
        return await _topology.PostAsync(Photos.Jpeg(64, 48), request: request);
    }
}

/// <summary>An application whose workers are stopped.</summary>
public sealed class PausedTopology : IAsyncDisposable
{
    public const string First = "ip_first", Second = "ip_second";
    public const int MaxWaiting = 10, MaxWaitingPerKey = 7;

    private readonly Lazy<Task<Topology>> _topology = new(StartAsync);

    public Task<Topology> GetAsync() => _topology.Value;

    public async ValueTask DisposeAsync()
    {
        if (_topology.IsValueCreated)
            await (await _topology.Value).DisposeAsync();
    }

    private static async Task<Topology> StartAsync()
    {
        var topology = await Topology.StartAsync([
            .. TestKeys.Let("first", First, "read write operator"), .. TestKeys.Let("second", Second),
            ("api", "Uploads__MinBytesPerSecond", "0"), ("api", "Events__Heartbeat", "00:00:02"), ("api", "Events__MaxStreamsPerKey", "2"),
            ("api", "Queue__MaxWaiting", $"{MaxWaiting}"), ("api", "Queue__MaxWaitingPerKey", $"{MaxWaitingPerKey}")]);
        topology.Api.DefaultRequestHeaders.Authorization = TestKeys.Header(First);
        await topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        return topology;
    }
}
