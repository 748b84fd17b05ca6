using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>An application that may call this machine, fetches images from it, tries again at once, and whose housekeeping runs all the time.</summary>
public sealed class WebhookTopology : IAsyncLifetime
{
    public static readonly byte[][] Keys = [RandomNumberGenerator.GetBytes(24), RandomNumberGenerator.GetBytes(64)];

    public Topology App { get; private set; } = null!;

    internal Receiver Receiver { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Receiver = await Receiver.StartAsync();
        App = await Topology.StartAsync(
        [
            .. Keys.Select((key, i) => ("api", $"Webhooks__Secrets__{i}", $"whsec_{Convert.ToBase64String(key)}")),
            .. Enumerable.Range(0, 2).Select(i => ("api", $"Webhooks__Delays__{i}", "00:00:00")),
            ("api", "Outbound__AllowHttp", "true"),
            ("api", "Outbound__AllowedNetworks__0", "127.0.0.0/8"),
            ("api", "Uploads__FromUrl", "true"),
            ("api", "AllowedHosts", "*"), // links are paths then, as in what is told
            ("api", "Retention__MaxAge", "01:00:00"),
            ("api", "Retention__Interval", "00:00:01"),
        ]);
    }

    /// <summary>Posts a photo that is to be told of at that path of the receiver; it must be accepted. Its id.</summary>
    internal async Task<Guid> PostAsync(string inbox, byte[]? photo = null, bool byHeader = false, bool fieldFirst = false, Receiver? at = null)
    {
        var url = (at ?? Receiver).Url(inbox);
        using var form = new MultipartFormDataContent();
        if (!byHeader && fieldFirst)
            form.Add(new StringContent(url), "webhook_url");
        form.Add(new ByteArrayContent(photo ?? Photos.Jpeg(64, 48)), "file", "photo.jpg");
        if (!byHeader && !fieldFirst)
            form.Add(new StringContent(url), "webhook_url");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/image_prediction") { Content = form };
        if (byHeader)
            request.Headers.Add("Webhook-Url", url);
        using var response = await App.Api.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();
    }

    /// <summary>The prediction's only delivery, once nothing more is to come of it.</summary>
    public async Task<JsonElement> FinishedAsync(Guid id)
    {
        var items = await Eventually.GetAsync(() => DeliveriesAsync(App, id),
            items => items is [var item] && item.GetProperty("next_at").ValueKind == JsonValueKind.Null, TimeSpan.FromSeconds(30));
        return items[0];
    }

    internal static async Task<JsonElement[]> DeliveriesAsync(Topology app, Guid id)
    {
        using var response = await app.Api.GetAsync($"/image_prediction/{id}/deliveries", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return [.. (await Topology.ReadAsync(response)).GetProperty("items").EnumerateArray()];
    }

    /// <summary>What each attempt of a delivery came to: the status, or the error where there was none.</summary>
    internal static IEnumerable<string> Outcomes(JsonElement delivery) => delivery.GetProperty("attempts").EnumerateArray().Select(
        attempt => attempt.GetProperty("error").GetString() ?? attempt.GetProperty("status").GetInt32().ToString());

    public async ValueTask DisposeAsync()
    {
        if (App is not null)
            await App.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
