using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace ImagePrediction.AppHost;

/// <summary>The settings of an AppHost run, as arguments (<c>--port 8080</c>) or environment variables (<c>PORT=8080</c>).</summary>
internal sealed class RunSettings
{
    private static readonly string[] Switches = ["--no-dashboard", "--verbose"];
    private readonly bool _isRunMode;
    private readonly string? _servers;
    private FileStream? _lock;

    private RunSettings(IDistributedApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        _isRunMode = builder.ExecutionContext.IsRunMode;
        _servers = configuration["SERVERS"];
        UseContainers = !_isRunMode || _servers == "containers" || (_servers is null or "" && ContainerEngine.Answers());
        // 0, which tests use, means any free port.
        Port = Number(configuration, "PORT", 5080) is var port and not 0 ? port : null;
        Replicas = Number(configuration, "REPLICAS", 2);
        Data = Path.GetFullPath(configuration["DATA_DIR"] is { Length: > 0 } data ? data : Path.Combine(builder.AppHostDirectory, "..", ".data"));
        // Some shells set HOST to the machine's name, which is ignored.
        Host = configuration["HOST"] is "0.0.0.0" or "::" ? configuration["HOST"] : null;
        Model = configuration["MODEL"] is { Length: > 0 } model ? Path.GetFullPath(model) : null;
        Verbose = configuration["VERBOSE"] is { Length: > 0 } verbose and not "0" && !verbose.Equals("false", StringComparison.OrdinalIgnoreCase);
    }

    // -1 for anything that is not a number: it is then rejected as out of range.
    private static int Number(ConfigurationManager configuration, string name, int usual) => configuration[name] is not { Length: > 0 } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    /// <summary><c>PORT</c>: where the API listens, 5080 by default; null for any free port.</summary>
    public int? Port { get; }

    /// <summary><c>REPLICAS</c>: how many workers run, 2 by default.</summary>
    public int Replicas { get; }

    /// <summary><c>DATA_DIR</c>: the folder of everything that persists between runs, <c>.data</c> beside the solution by default.</summary>
    public string Data { get; }

    /// <summary>The folder of the images, in <see cref="Data"/>.</summary>
    public string Images => Path.Combine(Data, "images");

    /// <summary>The name of the container volume with Postgres' data: one per <see cref="Data"/>; null when publishing.</summary>
    public string? Volume => !_isRunMode ? null : $"image-prediction-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Data)))[..8]}-postgres";

    /// <summary><c>HOST</c>: the address to listen on if other machines may call the API; null for loopback.</summary>
    public string? Host { get; }

    /// <summary><c>MODEL</c>: an ONNX file in place of the shipped one, or null.</summary>
    public string? Model { get; }

    /// <summary><c>VERBOSE</c>: whether to print the services' logs, too.</summary>
    public bool Verbose { get; }

    /// <summary><c>SERVERS</c>: whether Redis and Postgres run in containers or as processes. Default: containers, if an engine responds.</summary>
    public bool UseContainers { get; }

    /// <summary>Reads the settings; <see cref="ReasonNotToStart"/> says whether they can be used.</summary>
    public static RunSettings From(IDistributedApplicationBuilder builder) => new(builder);

    /// <summary>Gives each switch the value that .NET's configuration expects after an argument.</summary>
    public static string[] WithValues(string[] args) => [.. args.Select(argument => Switches.Contains(argument) ? $"{argument}=true" : argument)];

    /// <summary>Why the AppHost cannot start and what to do, in one message; null if it can. Locks the data folder until the process ends.</summary>
    public string? ReasonNotToStart()
    {
        if (_servers is not (null or "" or "containers" or "native"))
            return $"--servers takes containers or native, not '{_servers}'.";
        if (Replicas < 1)
            return "--replicas takes a number from 1 on.";
        if (Port is < 1 or > 65535)
            return "--port takes a number from 1 to 65535.";
        if (!_isRunMode)
            return null;
        if (!UseContainers && !OperatingSystem.IsLinux())
            return "Start Docker or Podman: here Redis and Postgres run in containers only. As processes of the machine they run on Linux.";
        if (Model is not null && !File.Exists(Model))
            return $"--model: there is no file '{Model}'.";
        if (Port is { } port && !(CanListen(IPAddress.Loopback, port) && CanListen(IPAddress.IPv6Loopback, port)))
            return $"Port {port} is in use. Use another: ./run --port {(port == 5080 ? 8080 : port + 1)}";
        return DataFolder.TryTake(Data, out _lock);
    }

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException exception)
        {
            // On a machine without IPv6, the port cannot be in use there.
            return exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
        }
    }
}
