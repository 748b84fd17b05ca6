using System.Net.Sockets;
using System.Text;

namespace ImagePrediction.Tests.Support;

/// <summary>A POST that no HTTP client would send: too little body, or none at all.</summary>
internal static class RawPost
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(50);

    /// <summary>Sends the headers and what there is of a body, and returns the problem that is answered.</summary>
    public static async Task<string> SendAsync(Topology topology, string headers, byte[] body)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Limit);
        using var client = new TcpClient();
        await client.ConnectAsync(topology.Api.BaseAddress!.Host, topology.Api.BaseAddress.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /image_prediction HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"), timeout.Token);
        await stream.WriteAsync(body, timeout.Token);
        var buffer = new byte[4096];
        var text = new StringBuilder();
        while (!text.ToString().Contains("\"traceId\"", StringComparison.Ordinal) && await stream.ReadAsync(buffer, timeout.Token) is > 0 and var count)
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return text.ToString();
    }
}
