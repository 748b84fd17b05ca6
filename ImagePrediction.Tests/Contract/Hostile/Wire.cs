using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>What came back.</summary>
/// <param name="Status">The HTTP status; 0 when the connection ended without one.</param>
/// <param name="Body">The JSON body; null when there was none.</param>
internal sealed record Answer(int Status, JsonElement? Body)
{
    public string? this[string member] => Body is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty(member, out var value) ? value.ToString() : null;
}

/// <summary>Sends bytes to the API as they are, which no HTTP client would do.</summary>
internal static class Wire
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <param name="server">Where to.</param>
    /// <param name="request">All of it.</param>
    /// <param name="hangUp">Says that nothing more will come, which ends a request that is not complete; the server need not answer then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Answer> SendAsync(Uri server, byte[] request, bool hangUp, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port, limit.Token);
        using var received = new MemoryStream();
        // Read meanwhile: who is refused early need not get rid of the rest first.
        var reading = ReadAsync(client.GetStream(), received, limit.Token);
        try
        {
            await client.GetStream().WriteAsync(request, limit.Token);
            if (hangUp)
                client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // The server has heard enough.
        }
        await reading;
        return Parse(Encoding.UTF8.GetString(received.ToArray()));
    }

    private static async Task ReadAsync(NetworkStream stream, MemoryStream received, CancellationToken cancellationToken)
    {
        try
        {
            await stream.CopyToAsync(received, cancellationToken);
        }
        catch (IOException)
        {
            // Reset behind the answer, as what was still coming was not read.
        }
    }

    private static Answer Parse(string text)
    {
        var status = text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text.AsSpan(9, 3)) : 0;
        // One JSON object, whether it came in chunks or not: its braces are where it begins and ends.
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var (begin, end) = (text.IndexOf('{', Math.Max(head, 0)), text.LastIndexOf('}'));
        return new(status, begin >= 0 && end > begin ? JsonElement.Parse(text[begin..(end + 1)]) : null);
    }
}
