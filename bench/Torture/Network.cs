using System.Globalization;
using System.Text.RegularExpressions;

namespace ImagePrediction.Torture;

/// <summary>
/// Drops packets between the services and their servers, by rules in a separate nftables table; needs root. Connections stay open: both ends
/// see a peer behind a lossy or broken network. Connections to <see cref="OwnAddress"/> are not affected.
/// </summary>
internal sealed partial class Network : IAsyncDisposable
{
    /// <summary>Another loopback address, for the harness' own connections.</summary>
    public const string OwnAddress = "127.0.0.2";

    private const string ServersAddress = "127.0.0.1"; // what the servers listen at
    private static readonly string Table = $"ip torture_{Environment.ProcessId}";
    private static int _faults;

    private Network()
    {
    }

    /// <exception cref="IOException">nftables is not installed, or this user has no permission.</exception>
    public static async Task<Network> PrepareAsync()
    {
        await RuleAsync($"add table {Table}\n"
            + $"add chain {Table} own {{ type nat hook output priority -100; }}\nadd rule {Table} own ip daddr {OwnAddress} dnat to {ServersAddress}\n");
        return new();
    }

    /// <summary>Drops packets of the services' connections to a port, in both directions, for a while.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="percent">Percentage of packets; TCP retransmits them later.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="stopping">Ends it early.</param>
    public static async Task<string> DropAsync(int port, int percent, TimeSpan duration, CancellationToken stopping)
    {
        var chain = $"{Table} fault{Interlocked.Increment(ref _faults)}";
        var some = percent < 100 ? $"numgen random mod 100 < {percent} " : "";
        var rules = $"add chain {chain} {{ type filter hook input priority 0; }}\n";
        foreach (var direction in new[] { "dport", "sport" })
            rules += $"add rule {chain} ct original ip daddr {ServersAddress} tcp {direction} {port} {some}counter drop\n";
        await RuleAsync(rules);
        await Task.Delay(duration, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var dropped = Packets().Matches(await Programs.RunAsync("nft", ["list", "chain", .. chain.Split(' ')])).Sum(match => long.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture));
        await RuleAsync($"flush chain {chain}\ndelete chain {chain}\n");
        return dropped == 0 ? Excuses.NotDone + "there was no packet" : $"{percent} % of the packets at port {port}: {dropped}";
    }

    public async ValueTask DisposeAsync() => await RuleAsync($"delete table {Table}\n");

    [GeneratedRegex(@"counter packets (?<count>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Packets();

    private static Task<string> RuleAsync(string rules) => Programs.RunAsync("nft", ["-f", "-"], rules);
}
