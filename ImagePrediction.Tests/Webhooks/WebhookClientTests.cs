using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Predictions;
using ImagePrediction.Tests.Detection;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>What an attempt comes to when there is no proper answer.</summary>
public sealed partial class WebhookClientTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public WebhookClientTests() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    [Fact]
    public async Task AReceiverThatKeepsSilentTimesOut() =>
        Assert.Equal((null, "timeout"), await PostAsync($"http://127.0.0.1:{Port}/", time: new HurriedTime()));

    [Fact]
    public async Task ANameThatLeadsInsideIsNotConnectedTo()
    {
        Assert.Equal((null, "refused_address"), await PostAsync($"http://localhost:{Port}/", allowed: "192.168.0.0/16"));
        Assert.False(_listener.Pending());
    }

    [Fact]
    public async Task NobodyListeningIsAFailedConnection()
    {
        var url = $"http://127.0.0.1:{Port}/";
        _listener.Stop();
        Assert.Equal((null, "connection_failed"), await PostAsync(url));
    }

    [Fact]
    public async Task AnUnknownNameIsNotFound() =>
        Assert.Equal((null, "name_not_found"), await PostAsync("http://no-such-host.invalid/"));

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n", "bad_answer")]
    [InlineData("", "connection_failed")]
    public async Task WhatIsNoHttpIsABadAnswer(string answer, string error)
    {
        var serving = ServeAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        Assert.Equal((null, error), await PostAsync($"http://127.0.0.1:{Port}/"));
        await serving;
    }

    [Fact]
    public async Task HeadersWithoutEndAreABadAnswer()
    {
        var serving = ServeAsync([.. "HTTP/1.1 200 OK\r\nx: "u8, .. Enumerable.Repeat((byte)'a', 1 << 20)]);
        Assert.Equal((null, "bad_answer"), await PostAsync($"http://127.0.0.1:{Port}/"));
        await serving;
    }

    [Fact]
    public async Task AServerWithoutTlsFailsTls()
    {
        var serving = ServeAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        Assert.Equal((null, "tls_failed"), await PostAsync($"https://127.0.0.1:{Port}/"));
        await serving;
    }

    [Fact]
    public async Task AStopInterrupts()
    {
        using var stop = new CancellationTokenSource();
        var posting = PostAsync($"http://127.0.0.1:{Port}/", stop: stop);
        using var connection = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.Equal((null, "interrupted"), await posting);
    }

    [Fact]
    public void EveryCodeIsDocumentedAndNoOther()
    {
        var documented = CodeRow().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "webhooks.md")));
        Assert.Equal(typeof(OutboundErrors).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(),
            documented.Select(row => row.Groups["code"].Value).Order());
    }

    public void Dispose() => _listener.Dispose();

    [GeneratedRegex("^\\| `(?<code>[a-z_]+)` \\|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex CodeRow();

    private static async Task<(int? Status, string? Error)> PostAsync(
        string url, string allowed = "127.0.0.0/8", CancellationTokenSource? stop = null, TimeProvider? time = null)
    {
        var options = Options.Create(new WebhookOptions { Secrets = { "whsec_" + Convert.ToBase64String(new byte[24]) } });
        var rule = new AddressRule(Options.Create(new OutboundOptions { AllowedNetworks = { allowed } }));
        using var client = new WebhookClient(options, new OutboundHttp(rule), time ?? TimeProvider.System);
        var prediction = new Prediction { Id = Guid.NewGuid(), Status = PredictionStatus.Succeeded, ImageType = "image/jpeg" };
        var attempt = await client.PostAsync(new(Guid.NewGuid(), 1, url, DateTime.UtcNow, prediction), "{}"u8.ToArray(),
            stop?.Token ?? TestContext.Current.CancellationToken);
        return (attempt.Status, attempt.Error);
    }

    /// <summary>Answers one connection with these bytes and closes it, whoever has closed the other end before.</summary>
    private async Task ServeAsync(byte[] answer)
    {
        using var connection = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        try
        {
            await connection.ReceiveAsync(new byte[1024], TestContext.Current.CancellationToken);
            await connection.SendAsync(answer, TestContext.Current.CancellationToken);
            connection.Shutdown(SocketShutdown.Send);
            while (await connection.ReceiveAsync(new byte[1024], TestContext.Current.CancellationToken) > 0)
                continue;
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>Ten seconds pass in one.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 10 : dueTime, period);
    }
}
