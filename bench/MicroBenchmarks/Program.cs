using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using MicroBenchmarks;

// The modes measure what BenchmarkDotNet does not: contenders side by side in one process, CPU time, fidelity, memory.
switch (args)
{
    case ["throughput", var model, .. var rest]:
        Throughput.Compare(model, TimeSpan.FromSeconds(rest is [var s, ..] ? double.Parse(s, CultureInfo.InvariantCulture) : 20));
        return 0;
    case ["decode"]:
        DecodeTimes.Measure();
        return 0;
    case ["decode", .. var files]:
        DecodeTimes.Measure(files);
        return 0;
    case ["shrink", var folder, .. var rest]:
        ShrinkFidelity.Measure(folder, rest is [var n, ..] ? int.Parse(n, CultureInfo.InvariantCulture) : 400,
            rest is [_, .. { Length: > 0 } grains] ? [.. grains.Select(g => double.Parse(g, CultureInfo.InvariantCulture))] : [0, 3, 8]);
        return 0;
    case ["photos", var folder]:
        Memory.Write(folder);
        return 0;
    case ["memory", var model, var folder]:
        Memory.Measure(model, folder);
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Photos).Assembly)
            .Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun).WithOptions(ConfigOptions.JoinSummary));
        return 0;
}
