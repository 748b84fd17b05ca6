using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Hosting;

/// <summary>What must never be read in a log, whatever goes wrong and however much is logged.</summary>
public sealed class SecretsTests(Azurite azurite) : IClassFixture<Azurite>
{
    [Fact]
    public async Task NoPasswordAndNoKeyIsLoggedThoughEverythingFailsOnce()
    {
        Azurite.SkipUnlessInstalled();
        using var folder = new TemporaryFolder();
        var (key, unknown, signing) = (NewKey(), NewKey(), NewKey());
        await using var host = AppHostProcess.Start(folder.Path, environment: new Dictionary<string, string>
        {
            ["Logging__LogLevel__Default"] = "Debug",
            ["Logging__LogLevel__Npgsql"] = "Debug",
            ["Logging__LogLevel__StackExchange.Redis"] = "Debug",
            ["Logging__LogLevel__Microsoft.AspNetCore"] = "Debug",
            ["Logging__LogLevel__Microsoft.EntityFrameworkCore"] = "Debug",
            ["Logging__LogLevel__System.Net.Http.HttpClient"] = "Trace",
            ["ApiKeys__client__Sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            ["ConnectionStrings__images"] = azurite.ConnectionString("images"),
            ["Webhooks__Secrets__0"] = $"whsec_{signing}",
            ["Outbound__AllowHttp"] = "true",
            ["Outbound__AllowedNetworks__0"] = "127.0.0.0/8",
        }, arguments: "--verbose");
        await host.SaysAsync("API ready");
        using var api = new HttpClient { BaseAddress = new Uri($"http://localhost:{host.Port}"), DefaultRequestHeaders = { Authorization = TestKeys.Header(key) } };

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(api, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(api, unknown));
        await using (await azurite.TakeAwayAsync())
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(api, key));
        foreach (var (server, program) in new[] { ("redis", "redis-server"), ("postgres", "bin/postgres") })
        {
            MachineProcesses.Kill(MachineProcesses.Of(folder.Path, program));
            await host.SaysAsync($"{server} was killed");
            await Eventually.GetAsync(() => PostAsync(api, key), status => status == HttpStatusCode.Accepted);
        }
        // The receiver of the webhooks is not there either.
        var list = await Eventually.GetAsync(async () =>
        {
            using var answer = await api.GetAsync("/image_predictions?limit=1", TestContext.Current.CancellationToken); // 503 over a connection that the kill cut
            return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }, list => list.Contains("\"succeeded\"", StringComparison.Ordinal));
        using var newest = JsonDocument.Parse(list);
        var id = newest.RootElement.GetProperty("items")[0].GetProperty("id").GetString();
        await Eventually.GetAsync(() => api.GetStringAsync($"/image_prediction/{id}/deliveries", TestContext.Current.CancellationToken),
            deliveries => deliveries.Contains("\"error\"", StringComparison.Ordinal));
        await host.TerminateAsync();
        var (_, output) = await host.EndAsync();

        Assert.All(["image store", "Npgsql", "Redis"], told => Assert.Contains(told, output, StringComparison.OrdinalIgnoreCase));
        string[] secrets = [key, unknown, signing, azurite.Key, .. Directory.GetFiles(Path.Combine(folder.Path, "secrets")).Select(File.ReadAllText)];
        Assert.Equal(6, secrets.Length);
        foreach (var secret in secrets.SelectMany(secret => new[] { secret, Uri.EscapeDataString(secret) }))
            Assert.False(output.Contains(secret, StringComparison.Ordinal), $"{secret} is in the log:\n{Around(output, secret)}");
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static async Task<HttpStatusCode> PostAsync(HttpClient api, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/image_prediction");
        request.Headers.Authorization = TestKeys.Header(key);
        request.Content = new MultipartFormDataContent
        {
            { new StringContent("http://127.0.0.1:9/told"), "webhook_url" }, { new ByteArrayContent(Photos.Jpeg(64, 48)), "file", "photo.jpg" },
        };
        using var response = await api.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static string Around(string text, string part)
    {
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? "" : text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)];
    }
}
