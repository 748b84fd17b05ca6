using System.Net.Sockets;
using System.Text;

namespace ImagePrediction.Tests.Support;

/// <summary>A POST that no HTTP client would send: too little body, or none at all.</summary>
internal static class RawPost
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(50);

    /// <summary>A POST whose body is awaited by the API and never sent; it ends when the connection is disposed.</summary>
    public static async Task<TcpClient> BeginAsync(Topology topology, string headers)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Limit);
        var client = await ConnectAsync(topology, headers + "Expect: 100-continue\r\n", timeout.Token);
        Assert.StartsWith("HTTP/1.1 100", await new StreamReader(client.GetStream()).ReadLineAsync(timeout.Token), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Sends the headers and what there is of a body, and returns the problem that is answered.</summary>
    public static async Task<string> SendAsync(Topology topology, string headers, byte[] body)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Limit);
        using var client = await ConnectAsync(topology, headers, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(body, timeout.Token);
        var buffer = new byte[4096];
        var text = new StringBuilder();
        while (!text.ToString().Contains("\"trace_id\"", StringComparison.Ordinal) && await stream.ReadAsync(buffer, timeout.Token) is > 0 and var count)
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return text.ToString();
    }

    private static async Task<TcpClient> ConnectAsync(Topology topology, string headers, CancellationToken cancellation)
    {
        var client = new TcpClient();
        await client.ConnectAsync(topology.Api.BaseAddress!.Host, topology.Api.BaseAddress.Port, cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /image_prediction HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"), cancellation);
        return client;
    }
}
