using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>Final predictions reach who asked to be told, whatever happens on the way.</summary>
public sealed class DeliveryTests(WebhookTopology hooks) : IClassFixture<WebhookTopology>
{
    private Receiver Receiver => hooks.Receiver;

    [Fact]
    public async Task ASucceededPredictionIsToldOnceAndSignedByEverySecret()
    {
        var id = await hooks.PostAsync("succeeded");

        var message = await Receiver.NextAsync("succeeded");

        await AssertTellsAsync(message, id, "succeeded");
        Assert.Equal("application/json", message.ContentType);
        var delivery = await hooks.FinishedAsync(id);
        Assert.Equal(message.Id, delivery.GetProperty("id").GetString());
        Assert.Equal(Receiver.Url("succeeded"), delivery.GetProperty("url").GetString());
        Assert.Equal(["200"], WebhookTopology.Outcomes(delivery));
        Assert.True(delivery.GetProperty("attempts")[0].GetProperty("duration_ms").GetDouble() > 0);
        Assert.True(delivery.GetProperty("delivered_at").GetDateTime() >= delivery.GetProperty("attempts")[0].GetProperty("at").GetDateTime());
        Assert.Equal(1, Receiver.Count("succeeded"));
    }

    [Fact]
    public async Task AFailedPredictionIsToldToAFieldBeforeTheFile()
    {
        var photo = Photos.Jpeg(640, 480);
        var id = await hooks.PostAsync("failed", photo[..(photo.Length / 2)], fieldFirst: true);

        await AssertTellsAsync(await Receiver.NextAsync("failed"), id, "failed");
    }

    [Fact]
    public async Task ACanceledPredictionIsToldToAHeader()
    {
        // No worker can take a hint while Redis takes no writes.
        var redis = hooks.App.Redis.GetDatabase();
        await redis.ExecuteAsync("CLIENT", "PAUSE", "20000", "WRITE");
        Guid id;
        try
        {
            id = await hooks.PostAsync("canceled", byHeader: true);
            using var answer = await hooks.App.Api.PostAsync($"/image_prediction/{id}/cancel", null, TestContext.Current.CancellationToken);
            answer.EnsureSuccessStatusCode();
        }
        finally
        {
            await redis.ExecuteAsync("CLIENT", "UNPAUSE");
        }

        await AssertTellsAsync(await Receiver.NextAsync("canceled"), id, "canceled");
    }

    [Fact]
    public async Task AReceiverThatFailsTwiceGetsTheVerySameMessageAThirdTime()
    {
        Receiver.Answer("twice", 500, 503);
        var id = await hooks.PostAsync("twice");

        var (first, second, third) = (await Receiver.NextAsync("twice"), await Receiver.NextAsync("twice"), await Receiver.NextAsync("twice"));

        Assert.Equal([first.Id, first.Id], new[] { second.Id, third.Id });
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(first.Body, third.Body);
        AssertSigned(third);
        Assert.Equal(["500", "503", "200"], WebhookTopology.Outcomes(await hooks.FinishedAsync(id)));
    }

    [Fact]
    public async Task AReceiverThatAlwaysFailsIsGivenUpAfterTheLastDelay()
    {
        Receiver.Answer("never", [.. Enumerable.Repeat(410, 20)]);
        var id = await hooks.PostAsync("never");

        var delivery = await hooks.FinishedAsync(id);

        Assert.Equal(Enumerable.Repeat("410", 3), WebhookTopology.Outcomes(delivery));
        Assert.Equal(JsonValueKind.Null, delivery.GetProperty("delivered_at").ValueKind);
    }

    [Fact]
    public async Task ARedirectIsNotFollowed()
    {
        Receiver.Answer("moved", (context, count) =>
        {
            if (count == 1)
                context.Response.Redirect(Receiver.Url("elsewhere"));
            return Task.CompletedTask;
        });
        var id = await hooks.PostAsync("moved");

        Assert.Equal(["302", "200"], WebhookTopology.Outcomes(await hooks.FinishedAsync(id)));
        Assert.Equal(0, Receiver.Count("elsewhere"));
    }

    [Fact]
    public async Task AnAnswerThatNeverEndsIsNotReadAndCountsByItsStatus()
    {
        var aborted = new TaskCompletionSource();
        Receiver.Answer("endless", async (context, _) =>
        {
            try
            {
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(new byte[4096], context.RequestAborted);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
            }
            aborted.TrySetResult();
        });
        var id = await hooks.PostAsync("endless");

        Assert.Equal(["200"], WebhookTopology.Outcomes(await hooks.FinishedAsync(id)));
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AReceiverThatKeepsManyAttemptsWaitingDelaysNobodyElses()
    {
        await using var quick = await Receiver.StartAsync();
        var answered = new TaskCompletionSource();
        Receiver.Answer("slow", (_, _) => answered.Task);
        await Parallel.ForAsync(0, 80, TestContext.Current.CancellationToken, async (_, _) => await hooks.PostAsync("slow"));
        await Receiver.NextAsync("slow");

        await hooks.PostAsync("quick", at: quick);
        await quick.NextAsync("quick");

        // With the places of all taken, it would have come after the first of the others were given up.
        Assert.InRange(Receiver.Count("slow"), 1, 63);
        answered.SetResult();
    }

    [Fact]
    public async Task AMessageOutlivesItsPrediction()
    {
        var removed = new TaskCompletionSource();
        Receiver.Answer("outlives", async (context, count) =>
        {
            await removed.Task;
            context.Response.StatusCode = count == 1 ? 500 : 204;
        });
        var id = await hooks.PostAsync("outlives");
        var first = await Receiver.NextAsync("outlives");
        Assert.Equal(1L, await hooks.App.ScalarAsync<long>("WITH gone AS (DELETE FROM predictions WHERE id = $1 RETURNING 1) SELECT count(*) FROM gone", id));
        removed.SetResult();

        var second = await Receiver.NextAsync("outlives");

        Assert.Equal((first.Id, Convert.ToHexString(first.Body)), (second.Id, Convert.ToHexString(second.Body)));
        await Eventually.GetAsync(() => hooks.App.ScalarAsync<long>(
            "SELECT count(*) FROM webhook_deliveries WHERE prediction_id = $1 AND delivered_at IS NOT NULL", id), count => count == 1);
    }

    [Fact]
    public async Task AnInstanceStoppedWithAMessageUnderWayLeavesItToTheNext()
    {
        Receiver.Answer("stopped", (context, count) => count > 1 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, context.RequestAborted)
            .ContinueWith(_ => { }, TaskScheduler.Default));
        var id = await hooks.PostAsync("stopped");
        var first = await Receiver.NextAsync("stopped");
        await hooks.App.CommandAsync("api", KnownResourceCommands.StopCommand);

        await hooks.App.CommandAsync("api", KnownResourceCommands.StartCommand);

        await hooks.App.HealthyAsync("api");
        var second = await Receiver.NextAsync("stopped");
        Assert.Equal((first.Id, Convert.ToHexString(first.Body)), (second.Id, Convert.ToHexString(second.Body)));
        Assert.Equal(["interrupted", "200"], WebhookTopology.Outcomes(await hooks.FinishedAsync(id)));
    }

    [Fact]
    public async Task RetentionRemovesFinishedMessagesAndOldIdempotencyKeys()
    {
        var (old, recent, open) = (await hooks.PostAsync("old"), await hooks.PostAsync("recent"), Guid.NewGuid());
        await hooks.FinishedAsync(old);
        await hooks.FinishedAsync(recent);
        // The third is as old as the first and waits for its next attempt.
        await hooks.App.ScalarAsync<Guid>("""
            WITH key AS (
                INSERT INTO idempotency_keys (owner, key, hash, prediction_id, created_at)
                SELECT 'retention', hours::text, '', $1, now() - hours * interval '1 h' FROM unnest(ARRAY[23, 25]) hours),
            open AS (
                INSERT INTO webhook_deliveries (id, prediction_id, url, snapshot, tries, next_at, attempts, created_at)
                SELECT gen_random_uuid(), $2, url, snapshot, 1, now() + interval '1 h', '[]', now() - interval '2 h'
                FROM webhook_deliveries WHERE prediction_id = $1)
            UPDATE webhook_deliveries SET created_at = now() - interval '2 h' WHERE prediction_id = $1 RETURNING id
            """, old, open);

        await Eventually.GetAsync(() => hooks.App.ScalarAsync<long>(
            "SELECT count(*) FROM webhook_deliveries WHERE prediction_id = $1", old), count => count == 0);
        await Eventually.GetAsync(() => hooks.App.ScalarAsync<string>(
            "SELECT string_agg(key, ' ') FROM idempotency_keys WHERE owner = 'retention'"), keys => keys == "23");
        Assert.Equal(2, await hooks.App.ScalarAsync<long>(
            "SELECT count(*) FROM webhook_deliveries WHERE prediction_id IN ($1, $2)", recent, open));
    }

    /// <summary>The message holds what GET answers for the prediction, and is signed.</summary>
    private async Task AssertTellsAsync(Message message, Guid id, string status)
    {
        AssertSigned(message);
        var payload = JsonElement.Parse(message.Body);
        var prediction = await hooks.App.GetAsync(id);
        Assert.Equal($"prediction.{status}", payload.GetProperty("type").GetString());
        Assert.Equal(prediction.GetProperty("completed_at").GetString(), payload.GetProperty("timestamp").GetString());
        Assert.Equal(prediction.GetRawText(), payload.GetProperty("data").GetRawText());
    }

    /// <summary>As a receiver would check it, with either secret.</summary>
    private static void AssertSigned(Message message)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{message.Id}.{message.Timestamp}."), .. message.Body];
        Assert.Equal(WebhookTopology.Keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))),
            message.Signature.Split(' '));
        Assert.InRange(DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(message.Timestamp), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }
}
