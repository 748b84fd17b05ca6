using System.Net;
using System.Net.Http.Json;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Submit;
using ImagePrediction.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>Images that are fetched by their URL, in an application that may call this machine and no other that is not public.</summary>
public sealed class RemoteImagesTests(WebhookTopology remote) : IClassFixture<WebhookTopology>
{
    [Fact]
    public async Task AnImageIsFetchedAlsoBehindARedirectAndJudgedLikeOneThatWasSent()
    {
        var photo = Photos.Jpeg(96, 64);
        Serve("a dog.jpg", context => context.Response.Body.WriteAsync(photo).AsTask());
        Serve("moved", context => { context.Response.Redirect("/a%20dog.jpg"); return Task.CompletedTask; });
        foreach (var (name, file) in new[] { ("a%20dog.jpg", "a dog.jpg"), ("moved", "moved") })
        {
            using var accepted = await PostAsync(name, reference: "from afar");
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            var id = (await Topology.ReadAsync(accepted)).GetProperty("id").GetGuid();
            var prediction = await remote.App.FinalAsync(id);
            Assert.Equal(("succeeded", 96, file, "from afar"), (prediction.GetProperty("status").GetString(), prediction.GetProperty("image").GetProperty("width").GetInt32(),
                prediction.GetProperty("file_name").GetString(), prediction.GetProperty("reference").GetString()));
            Assert.Equal(photo, await remote.App.Api.GetByteArrayAsync($"/image_prediction/{id}/image", TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task WhateverElseIsAtTheUrlIsRefusedByNameAndNothingIsLeftOfIt()
    {
        var before = await remote.App.CountAsync("true");
        Serve("missing", context => { context.Response.StatusCode = 404; return Task.CompletedTask; });
        Serve("circle", context => { context.Response.Redirect("/circle"); return Task.CompletedTask; });
        Serve("page", context => context.Response.WriteAsync("<html>A dog</html>"));
        Serve("endless", async context =>
        {
            await context.Response.Body.WriteAsync(Photos.Jpeg(96, 64));
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[1 << 20]);
        });
        Serve("broken", async context =>
        {
            await context.Response.Body.WriteAsync(Photos.Jpeg(96, 64));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        Serve("inside", context => { context.Response.Redirect("http://169.254.169.254/latest/meta-data"); return Task.CompletedTask; });
        Serve("downgrade", context => { context.Response.Redirect("ftp://127.0.0.1/dog.jpg"); return Task.CompletedTask; });
        foreach (var (name, status, type) in new[]
        {
            ("missing", 422, "url-not-fetched"), ("circle", 422, "url-not-fetched"), ("broken", 422, "url-not-fetched"), ("page", 415, "unsupported-format"),
            ("endless", 413, "body-too-large"), ("inside", 422, "url-refused"), ("downgrade", 422, "url-refused"),
        })
        {
            using var refused = await PostAsync(name);
            Assert.Equal((name, status, $"/problems/{type}"), (name, (int)refused.StatusCode, (await Topology.ReadAsync(refused)).GetProperty("type").GetString()));
        }
        Assert.Equal(before, await remote.App.CountAsync("true"));
        Assert.Equal(0, remote.App.UploadsUnderWay());
    }

    [Theory]
    [InlineData("{\"url\": \"http://10.0.0.1/dog.jpg\"}", "url-refused")]
    [InlineData("{\"url\": \"http://localhost.invalid/dog.jpg\"}", "url-not-fetched")]
    [InlineData("{\"url\": \"dog.jpg\"}", "malformed-request")]
    [InlineData("{\"url\": \"data:\"}", "url-refused")]
    [InlineData("{\"url\": 7}", "malformed-request")]
    [InlineData("{\"link\": \"https://example.com/\"}", "malformed-request")]
    [InlineData("[]", "malformed-request")]
    [InlineData("{", "malformed-request")]
    public async Task WhatNamesNoImageOfThePublicInternetIsRefused(string json, string type)
    {
        using var content = new StringContent(json, null, "application/json");
        using var refused = await remote.App.Api.PostAsync("/image_prediction", content, TestContext.Current.CancellationToken);
        Assert.Equal($"/problems/{type}", (await Topology.ReadAsync(refused)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task AHostOfTheOperatorsNetworkIsRefusedByNameAsByAddress()
    {
        var options = Options.Create(new OutboundOptions { AllowHttp = true });
        var rule = new AddressRule(options);
        using var images = new RemoteImages(new OutboundUrls(options, rule), new OutboundHttp(rule));
        foreach (var host in new[] { "localhost", "127.0.0.1" })
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => images.OpenAsync($"http://{host}/dog.jpg", TestContext.Current.CancellationToken));
            Assert.Equal(ProblemType.UrlRefused, refused.Type);
            Assert.Contains(host, refused.Message, StringComparison.Ordinal);
        }
    }

    private void Serve(string name, Func<HttpContext, Task> answer) => remote.Receiver.Answer(name, (context, _) => answer(context));

    private Task<HttpResponseMessage> PostAsync(string name, string? reference = null) => remote.App.Api.PostAsJsonAsync("/image_prediction",
        new Dictionary<string, string?> { ["url"] = remote.Receiver.Url(name), ["reference"] = reference }, TestContext.Current.CancellationToken);
}

/// <summary>An application with the usual settings.</summary>
[Collection(SharedTopology.Collection)]
public sealed class WithoutRemoteImages(SharedTopology shared)
{
    [Fact]
    public async Task NothingIsFetchedUnlessTheOperatorSaysSo()
    {
        var topology = await shared.GetAsync();
        await using var receiver = await Receiver.StartAsync();
        var asked = false;
        receiver.Answer("dog.jpg", (_, _) => { asked = true; return Task.CompletedTask; });
        using var refused = await topology.Api.PostAsJsonAsync("/image_prediction", new { url = receiver.Url("dog.jpg") }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        Assert.False(asked);
    }
}
