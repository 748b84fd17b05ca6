using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Tests.Support;

/// <summary>The whole application, started by its AppHost: real Redis, real Postgres, real processes, real HTTP.</summary>
public sealed class Topology : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly string _data;

    private Topology(IDistributedApplicationTestingBuilder builder, string data, DistributedApplication app, NpgsqlDataSource database,
        IConnectionMultiplexer redis)
    {
        _builder = builder;
        _data = data;
        App = app;
        Database = database;
        Redis = redis;
        Api = new HttpClient { BaseAddress = app.GetEndpoint("api", "http"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public DistributedApplication App { get; }

    public NpgsqlDataSource Database { get; }

    public IConnectionMultiplexer Redis { get; }

    public HttpClient Api { get; }

    /// <summary>The data folder.</summary>
    public string Data => _data;

    /// <summary>The folder of the image store.</summary>
    public string Images => Path.Combine(_data, "images");

    /// <summary>Starts it and waits until a worker is ready. Settings are environment variables, <c>resource:NAME</c> to value.</summary>
    public static async Task<Topology> StartAsync(params (string Resource, string Name, string Value)[] settings)
    {
        var data = Directory.CreateTempSubdirectory("image-prediction-test-").FullName;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.ImagePrediction_AppHost>(
            ["--DATA_DIR", data, "--PORT", "0", .. OperatingSystem.IsLinux() ? ["--SERVERS", "native"] : Array.Empty<string>()], TestContext.Current.CancellationToken);
        try
        {
            return await StartAsync(builder, data, settings);
        }
        catch
        {
            // Nobody else can: no process and no folder of it may stay.
            await builder.DisposeAsync();
            Directory.Delete(data, recursive: true);
            throw;
        }
    }

    private static async Task<Topology> StartAsync(
        IDistributedApplicationTestingBuilder builder, string data, (string Resource, string Name, string Value)[] settings)
    {
        foreach (var project in builder.Resources.OfType<ProjectResource>().ToList())
            foreach (var (_, name, value) in settings.Where(setting => setting.Resource == project.Name))
                builder.CreateResourceBuilder(project).WithEnvironment(name, value);

        var app = await builder.BuildAsync();
        using var limit = new CancellationTokenSource(StartLimit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("worker", WaitBehavior.WaitOnResourceUnavailable, limit.Token);

        var database = NpgsqlDataSource.Create((await app.GetConnectionStringAsync("predictions"))!);
        var redis = ConfigurationOptions.Parse((await app.GetConnectionStringAsync("redis"))!);
        redis.AbortOnConnectFail = false;
        redis.AllowAdmin = true;
        redis.ConnectTimeout = redis.AsyncTimeout = 30_000;
        var topology = new Topology(builder, data, app, database, await ConnectionMultiplexer.ConnectAsync(redis));
        await topology.WatchFinalTransitionsAsync();
        return topology;
    }

    /// <summary>Posts a photo; the answer as it came.</summary>
    public async Task<HttpResponseMessage> PostAsync(byte[] photo, string field = "file", HttpRequestMessage? request = null)
    {
        request ??= new HttpRequestMessage();
        request.Method = HttpMethod.Post;
        request.RequestUri = new Uri("/image_prediction", UriKind.Relative);
        request.Content = new MultipartFormDataContent { { new ByteArrayContent(photo), field, "photo.jpg" } };
        return await Api.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Posts a photo that must be accepted; its id.</summary>
    public async Task<Guid> AcceptAsync(byte[] photo)
    {
        using var response = await PostAsync(photo);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        return (await ReadAsync(response)).GetProperty("id").GetGuid();
    }

    /// <summary>Posts many photos over eight connections; each must be accepted.</summary>
    public async Task<Guid[]> AcceptManyAsync(int count, int width = 64, int height = 48)
    {
        var ids = new Guid[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => ids[i] = await AcceptAsync(Photos.Jpeg(width, height, seed: i)));
        return ids;
    }

    /// <summary>Posts photos that vanish before a worker takes them: each fails with <c>image_missing</c>.</summary>
    public async Task<IReadOnlyList<(Guid Id, byte[] Photo)>> AcceptWithoutImagesAsync(int count)
    {
        await PauseAsync();
        try
        {
            List<(Guid, byte[])> accepted = [];
            for (var i = 0; i < count; i++)
            {
                var photo = Photos.Jpeg(64, 48, seed: i);
                var id = await AcceptAsync(photo);
                File.Delete(ImageOf(id));
                accepted.Add((id, photo));
            }
            return accepted;
        }
        finally
        {
            await ResumeAsync();
        }
    }

    /// <summary>Has workers take no more work.</summary>
    public Task PauseAsync() => PostAsync("/queue/pause");

    /// <summary>Has workers take work again.</summary>
    public Task ResumeAsync() => PostAsync("/queue/resume");

    private async Task PostAsync(string path)
    {
        using var response = await Api.PostAsync(path, null, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Where a prediction's image belongs.</summary>
    public string PlaceOf(Guid id)
    {
        var day = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(id.ToString("N")[..12], 16));
        return Path.Combine(Images, day.ToString("yyyy/MM/dd", System.Globalization.CultureInfo.InvariantCulture), id.ToString());
    }

    /// <summary>The file that a prediction's image is stored in.</summary>
    public string ImageOf(Guid id) => Directory.EnumerateFiles(Path.Combine(_data, "images"), id.ToString(), SearchOption.AllDirectories).Single();

    public bool HasImage(Guid id) => Directory.EnumerateFiles(Path.Combine(_data, "images"), id.ToString(), SearchOption.AllDirectories).Any();

    /// <summary>How many images are stored.</summary>
    public int CountImages() => Directory.EnumerateDirectories(Images, "????").SelectMany(year => Directory.EnumerateFiles(year, "*", SearchOption.AllDirectories)).Count();

    /// <summary>How many uploads are not finished yet.</summary>
    public int UploadsUnderWay() => Directory.EnumerateFiles(Path.Combine(_data, "images", "incoming")).Count();

    public async Task<JsonElement> GetAsync(Guid id)
    {
        using var response = await Api.GetAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    /// <summary>The prediction once it is final.</summary>
    public async Task<JsonElement> FinalAsync(Guid id, TimeSpan? within = null) => await Eventually.GetAsync(
        () => GetAsync(id), prediction => IsFinal(prediction.GetProperty("status").GetString()!), within);

    /// <summary>Waits until all are final and fails unless every one of them succeeded, with exactly one final transition.</summary>
    public async Task AllSucceedAsync(IReadOnlyCollection<Guid> ids, TimeSpan? within = null)
    {
        var states = await FinalStatesAsync(ids, within);
        Assert.Equal(new Dictionary<string, int> { ["succeeded"] = ids.Count }, states);
    }

    /// <summary>How many of them ended in which state, once all are final; each must have had exactly one final transition.</summary>
    public async Task<Dictionary<string, int>> FinalStatesAsync(IReadOnlyCollection<Guid> ids, TimeSpan? within = null)
    {
        await Eventually.GetAsync(() => CountAsync("status IN ('queued', 'processing') AND id = ANY($1)", ids.ToArray()), open => open == 0, within);
        await using var command = Database.CreateCommand("""
            SELECT p.status, count(*), min(t.count), max(t.count)
            FROM predictions p LEFT JOIN (SELECT id, count(*) FROM test_final_transitions GROUP BY id) t USING (id)
            WHERE p.id = ANY($1) GROUP BY p.status
            """);
        command.Parameters.Add(new() { Value = ids.ToArray() });
        Dictionary<string, int> states = [];
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            states[reader.GetString(0)] = (int)reader.GetInt64(1);
            Assert.Equal((1, 1), (reader.GetInt64(2), reader.GetInt64(3)));
        }
        return states;
    }

    public async Task<long> CountAsync(string where, params object[] parameters) =>
        await ScalarAsync<long>($"SELECT count(*) FROM predictions WHERE {where}", parameters);

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Runs a resource command on every replica; it must succeed.</summary>
    public async Task CommandAsync(string resource, string command)
    {
        var model = App.Services.GetRequiredService<DistributedApplicationModel>();
        var result = await App.ResourceCommands.ExecuteCommandAsync(model.Resources.Single(r => r.Name == resource), command).WaitAsync(StartLimit);
        Assert.True(result.Success, $"{command} {resource}");
    }

    public Task<ResourceEvent> HealthyAsync(string resource) => App.ResourceNotifications
        .WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, TestContext.Current.CancellationToken)
        .WaitAsync(StartLimit);

    /// <summary>Waits until every replica runs, also those that the host has yet to start again. Returns their names.</summary>
    public async Task<IReadOnlySet<string>> AllRunAsync(string resource)
    {
        var replicas = App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == resource).GetReplicaCount();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(StartLimit);
        HashSet<string> running = [];
        // The present state of every instance comes first; after that the stream waits for news.
        await foreach (var change in App.ResourceNotifications.WatchAsync(limit.Token))
        {
            if (change.Resource.Name != resource)
                continue;
            if (change.Snapshot.State?.Text == KnownResourceStates.Running)
                running.Add(change.ResourceId);
            else
                running.Remove(change.ResourceId);
            if (running.Count == replicas)
                break;
        }
        await HealthyAsync(resource);
        return running;
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Redis.DisposeAsync();
        await Database.DisposeAsync();
        await _builder.DisposeAsync(); // and the application with it
        await Eventually.GetAsync(() => Task.FromResult(IsDeleted()), gone => gone);
    }

    /// <summary>A server that had to be killed may write until it has ended.</summary>
    private bool IsDeleted()
    {
        try
        {
            Directory.Delete(_data, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool IsFinal(string status) => status is "succeeded" or "failed" or "canceled";

    /// <summary>The database itself counts how often a row becomes final, whoever writes it.</summary>
    private async Task WatchFinalTransitionsAsync()
    {
        await using var command = Database.CreateCommand("""
            CREATE TABLE test_final_transitions (id uuid NOT NULL);
            CREATE FUNCTION test_note_final() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO test_final_transitions VALUES (NEW.id); RETURN NEW; END $$;
            CREATE TRIGGER test_final AFTER UPDATE ON predictions FOR EACH ROW
                WHEN (NEW.status IN ('succeeded', 'failed', 'canceled') AND (NEW.* IS DISTINCT FROM OLD.*))
                EXECUTE FUNCTION test_note_final();
            """);
        await command.ExecuteNonQueryAsync();
    }
}
