using System.Net;

namespace ImagePrediction.Bench;

/// <summary>What to post, where, how fast and for how long. Every number has an upper bound.</summary>
internal sealed record Options
{
    /// <summary>The command line, as shown by <c>--help</c> and after a mistake.</summary>
    public const string Usage = """
        LoadGenerator --url http://localhost:5080 (--images DIR | --make WxH) (--count N | --seconds S)
          --connections C     closed loop over C connections, 1 to 4096 (default 8)
          --rate R            open loop: R posts/s, each at its scheduled time, over at most C connections
          --retry             closed loop: try again after a connection error or a 5xx (to run across a restart)
          --size BYTES        with --make: fill each photo up to so many bytes
          --upload-rate B     each body goes out at B bytes/s
          --deadline S        seconds that accepted ones have to become final after the last POST (default 300)
          --no-wait           post only
          --prefer-wait       each POST asks for the answer itself (Prefer: wait=60)
          --ids FILE          write accepted ids as they come, one a line
          --check FILE        post nothing: wait for the ids in FILE to be final and report
          --json FILE         write the figures
          --fsync-dir DIR     folder whose fsync is timed (default .)
          --allow-remote      a target that is not loopback
        """;

    public required Uri Url { get; init; }
    public string? Images { get; init; }
    public (int Width, int Height)? Make { get; init; }
    public int Count { get; init; } = 5_000_000;
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);
    public int Connections { get; init; } = 8;

    /// <summary>POSTs per second in open loop; null for closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Minimum size of each photo in bytes.</summary>
    public int Size { get; init; }

    /// <summary>Bytes per second of one upload; null for no limit.</summary>
    public int? UploadRate { get; init; }

    public bool Retry { get; init; }
    public bool Wait { get; init; } = true;

    /// <summary>Ask for the result in the response to the POST.</summary>
    public bool PreferWait { get; init; }

    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(300);
    public string? IdsFile { get; init; }
    public string? CheckFile { get; init; }
    public string? JsonFile { get; init; }
    public string FsyncFolder { get; init; } = ".";

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An argument is unknown, missing or out of bounds; the message says which.</exception>
    public static Options Parse(string[] args)
    {
        var given = Read(args);
        var options = new Options { Url = new Uri(given.GetValueOrDefault("--url", "http://localhost:5080")) };
        foreach (var (name, value) in given)
        {
            options = name switch
            {
                "--url" or "--allow-remote" => options,
                "--images" => options with { Images = value },
                "--make" => options with { Make = Sides(value) },
                "--count" => options with { Count = (int)Number(name, value, 1, 5_000_000) },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(Number(name, value, 1, 3600)) },
                "--connections" => options with { Connections = (int)Number(name, value, 1, 4096) },
                "--size" => options with { Size = (int)Number(name, value, 1, 1 << 30) },
                "--upload-rate" => options with { UploadRate = (int)Number(name, value, 1, 1 << 30) },
                "--rate" => options with { Rate = Number(name, value, 0.1, 100_000) },
                "--deadline" => options with { Deadline = TimeSpan.FromSeconds(Number(name, value, 1, 86_400)) },
                "--retry" => options with { Retry = true },
                "--no-wait" => options with { Wait = false },
                "--prefer-wait" => options with { PreferWait = true },
                "--ids" => options with { IdsFile = value },
                "--check" => options with { CheckFile = value },
                "--json" => options with { JsonFile = value },
                "--fsync-dir" => options with { FsyncFolder = value },
                _ => throw new FormatException($"unknown argument {name}"),
            };
        }

        Require(given.ContainsKey("--allow-remote") || IsLoopback(options.Url), $"{options.Url} is not loopback: add --allow-remote");
        if (options.CheckFile is null)
        {
            Require(options.Images is null != options.Make is null, "give either --images DIR or --make WxH");
            Require(options.Size == 0 || options.Make is not null, "--size fills made photos only: what follows their picture does not count");
            Require(given.ContainsKey("--count") || given.ContainsKey("--seconds"), "give --count N, --seconds S or both");
            Require(options.Rate is null || !options.Retry, "--retry is for the closed loop: an open loop does not wait");
        }

        return options;
    }

    private static Dictionary<string, string> Read(string[] args)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < args.Length; i++)
        {
            var isSwitch = args[i] is "--retry" or "--no-wait" or "--prefer-wait" or "--allow-remote";
            Require(isSwitch || i + 1 < args.Length, $"{args[i]} needs a value");
            Require(given.TryAdd(args[i], isSwitch ? "" : args[i + 1]), $"{args[i]} is given twice");
            i += isSwitch ? 0 : 1;
        }

        return given;
    }

    private static (int Width, int Height) Sides(string value)
    {
        var sides = value.Split('x');
        Require(sides.Length == 2, $"--make {value}: expected WIDTHxHEIGHT, such as 500x400");
        return ((int)Number("--make", sides[0], 16, 8192), (int)Number("--make", sides[1], 16, 8192));
    }

    private static double Number(string name, string value, double least, double most)
    {
        Require(double.TryParse(value, out var number), $"{name} {value}: not a number");
        Require(number >= least && number <= most, $"{name} {value}: must be {least} to {most}");
        return number;
    }

    private static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new FormatException(message);
    }
}
