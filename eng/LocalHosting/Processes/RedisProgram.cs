namespace LocalHosting.Processes;

/// <summary><c>redis-server</c>, its settings (the password among them) given by standard input, where nobody else reads them.</summary>
internal sealed partial class RedisProgram(RedisResource resource, DistributedApplicationBuilder builder) : ResourceProgram(builder)
{
    private string _server = "";

    public override async Task CheckMachineAsync()
    {
        _server = Launcher.Find("redis-server") ?? throw new DistributedApplicationException(
            "redis-server is not installed. Install it: sudo apt-get install redis-server");
        var (_, text) = await Launcher.RunAsync(new Command(_server, ["--version"], "/"));
        // Workers take tasks by LPOP with a count, which came with 6.2.
        if (VersionText().Match(text) is { Success: true } match && Version.Parse(match.Value) < new Version(6, 2))
            throw new DistributedApplicationException($"{_server} is version {match.Value}; 6.2 or newer is needed. Install a newer one (https://redis.io/docs/latest/operate/oss_and_stack/install) and put it first in PATH.");
    }

    public override async Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken)
    {
        var (folder, account) = await Builder.Data.VolumeAsync(resource.Name);
        return new Command(_server, ["-"], folder)
        {
            RunAs = account,
            Input = $"""
                bind 127.0.0.1
                port {resource.PrimaryEndpoint.Port}
                requirepass {resource.Password}
                dir "{(account is null ? folder : Launcher.Home)}"
                logfile redis.log
                loglevel warning
                save ""
                appendonly no

                """,
        };
    }

    public override bool Shows(string line) => base.Shows(line) && !line.EndsWith("# Reading config from stdin", StringComparison.Ordinal);

    protected override async Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", resource.PrimaryEndpoint.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"AUTH {resource.Password}\r\nPING\r\n"), cancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(cancellationToken) == "+OK" && await reader.ReadLineAsync(cancellationToken) == "+PONG";
    }

    [GeneratedRegex(@"(?<=v=)\d+\.\d+(\.\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionText();
}
