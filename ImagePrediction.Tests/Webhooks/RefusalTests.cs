using System.Net;
using System.Net.Sockets;
using System.Text;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>What a server with the usual settings refuses, and how it says so.</summary>
[Collection(SharedTopology.Collection)]
public sealed class RefusalTests(SharedTopology shared)
{
    [Theory]
    [InlineData("http://example.com/hook", 422)]
    [InlineData("https://127.0.0.1/hook", 422)]
    [InlineData("https://[::ffff:10.0.0.1]/hook", 422)]
    [InlineData("https://me:secret@example.com/hook", 422)]
    [InlineData("example.com/hook", 400)]
    [InlineData("", 400)]
    public async Task AUrlIsJudgedInTheFieldAndInTheHeader(string url, int status)
    {
        var topology = await shared.GetAsync();
        var before = await topology.CountAsync("true");
        foreach (var (field, header) in new[] { (url, (string?)null), (null, url) })
        {
            using var response = await PostAsync(topology, header, field);
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(status == 422 ? "/problems/webhook-refused" : "/problems/malformed-request",
                (await Topology.ReadAsync(response)).GetProperty("type").GetString());
        }
        Assert.Equal(before, await topology.CountAsync("true"));
    }

    [Fact]
    public async Task AHeaderAndAFieldThatDifferAreRefusedAndSoAreTwoFields()
    {
        var topology = await shared.GetAsync();
        using var differing = await PostAsync(topology, "https://example.com/a", "https://example.com/b");
        Assert.Equal(HttpStatusCode.BadRequest, differing.StatusCode);
        using var two = await PostAsync(topology, null, "https://example.com/a", "https://example.com/a");
        Assert.Equal(HttpStatusCode.BadRequest, two.StatusCode);
    }

    [Fact]
    public async Task AHeaderIsJudgedBeforeTheBodyIsReceived()
    {
        var topology = await shared.GetAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(topology.Api.BaseAddress!.Host, topology.Api.BaseAddress.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", "POST /image_prediction HTTP/1.1", "Host: localhost",
            "Webhook-Url: http://example.com/", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 1000", "", "")),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 422 Unprocessable Entity",
            await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ANameThatLeadsInsideIsNotConnectedTo()
    {
        var topology = await shared.GetAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var response = await PostAsync(topology, null, $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var id = (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();

        var items = await Eventually.GetAsync(() => WebhookTopology.DeliveriesAsync(topology, id),
            items => items is [var item] && item.GetProperty("attempts").GetArrayLength() > 0, TimeSpan.FromSeconds(30));

        Assert.Equal(["refused_address"], WebhookTopology.Outcomes(items[0]));
        Assert.False(listener.Pending());
        await topology.ScalarAsync<Guid>("DELETE FROM webhook_deliveries WHERE prediction_id = $1 RETURNING id", id);
    }

    [Fact]
    public async Task TheDeliveriesOfAnUnknownPredictionAreNotFound()
    {
        var topology = await shared.GetAsync();
        foreach (var id in new[] { Guid.NewGuid().ToString(), "no-uuid" })
        {
            using var response = await topology.Api.GetAsync($"/image_prediction/{id}/deliveries", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(Topology topology, string? header, params string?[] fields)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photos.Jpeg(32, 24)), "file", "photo.jpg" } };
        foreach (var field in fields.OfType<string>())
            form.Add(new StringContent(field), "webhook_url");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/image_prediction") { Content = form };
        if (header is not null)
            request.Headers.TryAddWithoutValidation("Webhook-Url", header);
        return await topology.Api.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
