using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace ImagePrediction.Torture;

/// <summary>A real AppHost with native servers and its own data folder, and its processes as /proc shows them.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3), StopLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];

    private Service(string data, int port, Process process) => (Data, Url, _process) = (data, new($"http://localhost:{port}"), process);

    public string Data { get; }

    public Uri Url { get; }

    /// <summary>The repository that contains this build.</summary>
    public static string Root => FindRoot().Root;

    public string Images => Path.Combine(Data, "images");

    public int RedisPort { get; private set; }

    public int PostgresPort { get; private set; }

    /// <summary>The service's database, as its superuser.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    public ConfigurationOptions Redis { get; private set; } = null!;

    /// <summary>Starts it and waits until a worker is ready.</summary>
    /// <exception cref="InvalidOperationException">It does not start; the message is its output.</exception>
    public static async Task<Service> StartAsync(string data, Options options, Uri receiver, CancellationToken stopping)
    {
        var port = FreePort();
        var (root, output) = FindRoot();
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(root, "ImagePrediction.AppHost", output, "ImagePrediction.AppHost.dll"), "--servers", "native", "--no-dashboard",
            "--port", port.ToString(CultureInfo.InvariantCulture), "--replicas", options.Workers.ToString(CultureInfo.InvariantCulture),
            .. options.Model is { } model ? ["--model", model] : Array.Empty<string>(),
        ])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["DATA_DIR"] = data;
        start.Environment["Webhooks__Secrets__0"] = "whsec_" + Convert.ToBase64String(new byte[32]);
        start.Environment["Outbound__AllowHttp"] = "true";
        start.Environment["Outbound__AllowedNetworks__0"] = $"{receiver.Host}/32";
        // Frequent attempts: a webhook that is not delivered by the end was lost, not late.
        for (var i = 0; i < 30; i++)
            start.Environment[$"Webhooks__Delays__{i}"] = "00:00:04";
        if (options.Clock)
            foreach (var (name, value) in await Clock.PrepareAsync(data))
                start.Environment[name] = value;
        var service = new Service(data, port, new Process { StartInfo = start });
        try
        {
            await service.StartAsync(options.Network ? Network.OwnAddress : "127.0.0.1", stopping);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync(string servers, CancellationToken stopping)
    {
        _process.OutputDataReceived += (_, e) => _output.Enqueue(e.Data ?? "");
        _process.ErrorDataReceived += (_, e) => _output.Enqueue(e.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var began = Stopwatch.StartNew();
        while (!_output.Any(line => line.StartsWith("API ready at", StringComparison.Ordinal)))
        {
            if (_process.HasExited || began.Elapsed > StartLimit)
                throw new InvalidOperationException($"The AppHost did not become ready:\n{string.Join('\n', _output)}");
            await Task.Delay(200, stopping);
        }
        string Of(string server, string kind) => File.ReadAllText(Path.Combine(Data, kind == "port" ? $"{server}/port" : $"secrets/{server}-password")).Trim();
        int PortOf(string server) => int.Parse(Of(server, "port"), CultureInfo.InvariantCulture);
        (RedisPort, PostgresPort) = (PortOf("redis"), PortOf("postgres"));
        Database = NpgsqlDataSource.Create($"Host={servers};Port={PostgresPort};Username=postgres;Password={Of("postgres", "password")};Database=predictions;Timeout=5;Command Timeout=60;Application Name=torture");
        Redis = ConfigurationOptions.Parse($"{servers}:{RedisPort},password={Of("redis", "password")},abortConnect=false,allowAdmin=true");
    }

    /// <summary>The process that runs it all.</summary>
    public IReadOnlyList<ProcessOf> AppHost => [.. Tree().Where(process => process.Id == _process.Id)];

    public IReadOnlyList<ProcessOf> Apis => Tree().Where(process => process.Runs("ImagePrediction.Api")).ToList();

    public IReadOnlyList<ProcessOf> Workers => [.. Tree().Where(process => process.Runs("ImagePrediction.Worker"))];

    public IReadOnlyList<ProcessOf> RedisServers => [.. Tree().Where(process => process.Command.StartsWith("redis-server", StringComparison.Ordinal) || process.Runs("redis-server"))];

    /// <summary>Postgres' first process and all its children.</summary>
    public IReadOnlyList<ProcessOf> Postgres => [.. Tree().Where(process => process.Command.StartsWith("postgres:", StringComparison.Ordinal) || process.Runs("postgres"))];

    public async ValueTask DisposeAsync()
    {
        if (Database is not null)
            await Database.DisposeAsync();
        var tree = Tree();
        try
        {
            foreach (var process in tree)
                process.Signal(ProcessOf.Continue);
            if (!_process.HasExited)
                Native.Kill(_process.Id, ProcessOf.Terminate);
            var began = Stopwatch.StartNew();
            while (began.Elapsed < StopLimit && tree.Any(process => process.IsAlive))
                await Task.Delay(200);
        }
        catch (InvalidOperationException)
        {
            // It was never started.
        }
        foreach (var process in tree.Concat(Tree()))
            process.Signal(ProcessOf.Kill);
        _process.Dispose();
    }

    // Processes that have the data folder in their environment, and their children: Postgres' processes hide their environment.
    private List<ProcessOf> Tree()
    {
        var all = ProcessOf.All();
        var ours = all.Where(process => process.Environment.Contains($"DATA_DIR={Data}\0", StringComparison.Ordinal)).Select(process => process.Id).ToHashSet();
        for (var before = -1; before != ours.Count;)
        {
            before = ours.Count;
            ours.UnionWith(all.Where(process => ours.Contains(process.Parent)).Select(process => process.Id));
        }
        return [.. all.Where(process => ours.Contains(process.Id))];
    }

    // The repository that contains this build, and the build's folder: bin/Release/net10.0.
    private static (string Root, string Output) FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var output = Path.GetRelativePath(folder.Parent!.Parent!.Parent!.FullName, folder.FullName);
        while (!File.Exists(Path.Combine(folder.FullName, "ImagePrediction.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("This runs from where it was built only.");
        return (folder.FullName, output);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
