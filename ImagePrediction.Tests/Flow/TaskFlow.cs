using System.Net;
using ImagePrediction.Flow;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Flow;

/// <summary>The ordinary way of a prediction, and what must not disturb it.</summary>
[Collection(SharedTopology.Collection)]
public sealed class TaskFlow(SharedTopology shared)
{
    [Fact]
    public async Task APhotoIsAnsweredWithWhatWhereAndHowSure()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(320, 240));

        var prediction = await topology.FinalAsync(id);

        Assert.Equal("succeeded", prediction.GetProperty("status").GetString());
        var confidence = prediction.GetProperty("confidence").GetDouble();
        Assert.InRange(confidence, 0, 1);
        Assert.Equal(confidence >= prediction.GetProperty("model").GetProperty("threshold").GetDouble(),
            prediction.GetProperty("contains_dog").GetBoolean());
        Assert.Equal("image/jpeg", prediction.GetProperty("image").GetProperty("media_type").GetString());
        Assert.Equal(320, prediction.GetProperty("image").GetProperty("width").GetInt32());
        Assert.NotEmpty(prediction.GetProperty("model").GetProperty("name").GetString()!);
        Assert.Equal(1, prediction.GetProperty("attempt").GetInt32());
        Assert.True(prediction.GetProperty("queue_ms").GetDouble() >= 0);
        Assert.True(prediction.GetProperty("inference_ms").GetDouble() > 0);
        Assert.True(prediction.GetProperty("created_at").GetDateTime() <= prediction.GetProperty("started_at").GetDateTime());
        Assert.True(prediction.GetProperty("started_at").GetDateTime() <= prediction.GetProperty("completed_at").GetDateTime());
    }

    [Fact]
    public async Task WorkersGiveWayToTheApiOnAMachineThatTheyShare()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only here can another process' priority be read so.");
        var topology = await shared.GetAsync();
        await topology.FinalAsync(await topology.AcceptAsync(Photos.Jpeg(64, 48)));
        async Task<string> PriorityOfAsync(string service)
        {
            var name = await topology.ScalarAsync<string>("SELECT application_name FROM pg_stat_activity WHERE application_name LIKE $1 LIMIT 1", $"ImagePrediction.{service}/%");
            var stat = await File.ReadAllTextAsync($"/proc/{name.Split('/')[1]}/stat", TestContext.Current.CancellationToken);
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16];
        }

        Assert.Equal(("10", "0"), (await PriorityOfAsync("Worker"), await PriorityOfAsync("Api")));
    }

    [Fact]
    public async Task TheSameHintDeliveredThreeTimesRunsThePredictionOnce()
    {
        var topology = await shared.GetAsync();
        var ids = await topology.AcceptManyAsync(50);
        var hints = ids.SelectMany(id => Enumerable.Repeat(new Hint(id, DateTime.UtcNow).ToRedisValue(), 3)).ToArray();
        await topology.Redis.GetDatabase().ListRightPushAsync(RedisKeys.Tasks, hints);

        await topology.AllSucceedAsync(ids);
        await Eventually.GetAsync(() => topology.Redis.GetDatabase().ListLengthAsync(RedisKeys.Tasks), length => length == 0);
        Assert.Equal(1, await topology.ScalarAsync<int>("SELECT max(attempt) FROM predictions WHERE id = ANY($1)", ids));
    }

    [Fact]
    public async Task CancelRacingCompletionLeavesOneOfTheTwoAndSaysWhich()
    {
        var topology = await shared.GetAsync();
        var ids = await topology.AcceptManyAsync(100);
        var answers = await Task.WhenAll(ids.Select(async id =>
        {
            using var response = await topology.Api.PostAsync($"/image_prediction/{id}/cancel", null, TestContext.Current.CancellationToken);
            return (Id: id, response.StatusCode);
        }));

        var states = await topology.FinalStatesAsync(ids);
        Assert.Equal(ids.Length, states.GetValueOrDefault("canceled") + states.GetValueOrDefault("succeeded"));
        foreach (var (id, code) in answers)
            Assert.Equal(code == HttpStatusCode.OK ? "canceled" : "succeeded", (await topology.GetAsync(id)).GetProperty("status").GetString());
        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task ATruncatedJpegIsAcceptedAndFailsAsCorrupt()
    {
        var topology = await shared.GetAsync();
        var photo = Photos.Jpeg(640, 480);
        var id = await topology.AcceptAsync(photo[..(photo.Length / 2)]);

        var prediction = await topology.FinalAsync(id);

        Assert.Equal("failed", prediction.GetProperty("status").GetString());
        Assert.Equal("image_corrupt", prediction.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, prediction.GetProperty("attempt").GetInt32());
    }
}
