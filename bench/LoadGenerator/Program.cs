using System.Runtime.InteropServices;
using ImagePrediction.Bench;

// Responses are handled on the thread that polls the sockets: a switch to the thread pool costs as much as the response.
// The runtime reads this at the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

if (args is [] or ["--help"])
{
    Console.WriteLine(Options.Usage);
    return args.Length == 0 ? 2 : 0;
}

try
{
    return await RunAsync(Options.Parse(args));
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"LoadGenerator: {e.Message}");
    return 2;
}

// 0: all good; 1: something was lost or failed; 130: interrupted.
async Task<int> RunAsync(Options options)
{
    using var stop = new CancellationTokenSource();
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

    var fsync = FsyncProbe.Measure(options.FsyncFolder);
    using var ledger = new Ledger(options.IdsFile);
    Photo[] photos = [];
    if (options.CheckFile is { } ids)
        ledger.Take(File.ReadLines(ids).Where(line => line.Length > 0));
    else
        photos = options.Make is { } size ? PhotoSet.Make(size.Width, size.Height) : PhotoSet.Load(options.Images!);

    using var run = new Run(options, photos, ledger, stop.Token);
    await run.ExecuteAsync();

    var figures = Figures.Of(string.Join(' ', args), stop.IsCancellationRequested, fsync, ledger, run);
    Report.Print(figures);
    if (options.JsonFile is { } json)
        Report.Write(figures, json);
    return figures.Interrupted ? 130 : figures.IsGood ? 0 : 1;

    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = !stop.IsCancellationRequested; // the second signal ends it at once
        stop.Cancel();
    }
}
