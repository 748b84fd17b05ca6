using System.Diagnostics;
using ImagePrediction.Worker.Yolo;
using Microsoft.ML.OnnxRuntime;

namespace MicroBenchmarks;

/// <summary>
/// The detector against bare ONNX Runtime: same process, same cores, same input, in short turns, so that other load on
/// the machine affects both equally.
/// </summary>
internal static class Throughput
{
    private const int Rounds = 20;

    public static void Compare(string path, TimeSpan total)
    {
        using var detector = Detector.Load(new DetectorOptions { Path = path });
        detector.WarmUp();
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var bare = new InferenceSession(path, options);
        var photo = Photos.Encode(500, 400, ".jpg[Q=85]");
        using var prepared = detector.Prepare(photo);
        detector.Detect(prepared, RunOn.Lane); // binds its tensor: all lanes share this picture, which workers never do
        var box = prepared.Letterbox;
        Console.WriteLine($"{detector.Model.Name}, {box.InputWidth} x {box.InputHeight}, {detector.Lanes} lanes, photo 500 x 400 of {photo.Length} bytes");

        var contenders = new List<(string Name, Action Step)>
        {
            ("bare ONNX Runtime", Bare(bare, box.InputHeight, box.InputWidth)),
            ("Detect alone", () => detector.Detect(prepared, RunOn.Lane)),
            ("Prepare + Detect", () =>
            {
                using var image = detector.Prepare(photo);
                detector.Detect(image, RunOn.Lane);
            }),
            ("Prepare alone", () => detector.Prepare(photo).Dispose()),
        };
        if (!detector.Model.Input.Fixed)
        {
            var square = detector.Model.Input.Size;
            var wide = Letterbox.Fit(400, 300, detector.Model.Input);
            contenders.Add(("bare, 4:3", Bare(bare, wide.InputHeight, wide.InputWidth)));
            contenders.Add(("bare, square", Bare(bare, square, square)));
        }

        var rates = Race(contenders.ConvertAll(c => c.Step), detector.Lanes, total / (Rounds * contenders.Count));
        for (var i = 0; i < contenders.Count; i++)
            Console.WriteLine($"{contenders[i].Name,-20} {rates[i].Wall,8:F1}/s  {rates[i].Wall / rates[0].Wall,7:P1} of bare;  {rates[i].Cpu,8:F1} a CPU second  {rates[i].Cpu / rates[0].Cpu,7:P1} of bare");
        Solo(detector, bare: path, photo);
    }

    private static Action Bare(InferenceSession session, int height, int width)
    {
        var input = OrtValue.CreateTensorValueFromMemory(new float[3 * height * width], [1, 3, height, width]);
        var names = session.InputMetadata.Keys.ToArray();
        var run = new RunOptions();
        return () => session.Run(run, names, [input], session.OutputNames).Dispose();
    }

    /// <summary>
    /// Runs each step on all lanes in turns; returns steps per second and steps per second of this process's CPU time, each over
    /// its own turns. Trust the latter when other programs share the machine.
    /// </summary>
    private static (double Wall, double Cpu)[] Race(List<Action> steps, int lanes, TimeSpan turn)
    {
        var (rates, counts, cpu) = (new double[steps.Count], new long[steps.Count], new double[steps.Count]);
        for (var round = -1; round < Rounds; round++)
        {
            for (var i = 0; i < steps.Count; i++)
            {
                var (step, used) = (steps[i], Environment.CpuUsage.TotalTime);
                var done = new (long Count, double Rate)[lanes];
                var threads = Enumerable.Range(0, lanes).Select(lane => new Thread(() =>
                {
                    // Each lane is timed on its own, since others may already have finished.
                    var (count, started) = (0L, Stopwatch.GetTimestamp());
                    for (; Stopwatch.GetElapsedTime(started) < turn; count++)
                        step();
                    done[lane] = (count, count / Stopwatch.GetElapsedTime(started).TotalSeconds);
                })).ToList();
                threads.ForEach(t => t.Start());
                threads.ForEach(t => t.Join());
                if (round < 0)
                    continue;
                rates[i] += done.Sum(lane => lane.Rate) / Rounds;
                counts[i] += done.Sum(lane => lane.Count);
                cpu[i] += (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            }
        }
        return [.. rates.Select((rate, i) => (rate, counts[i] / cpu[i]))];
    }

    private static void Solo(Detector detector, string bare, byte[] photo)
    {
        using var options = new SessionOptions { IntraOpNumThreads = detector.Lanes };
        using var session = new InferenceSession(bare, options);
        using var prepared = detector.Prepare(photo);
        var step = Bare(session, prepared.Letterbox.InputHeight, prepared.Letterbox.InputWidth);
        var (bareTimes, soloTimes) = (new List<double>(), new List<double>());
        for (var round = 0; round < 6; round++)
        {
            Time(step, bareTimes);
            Time(() => detector.Detect(prepared, RunOn.Solo), soloTimes);
        }
        bareTimes.Sort();
        soloTimes.Sort();
        Console.WriteLine($"solo, median: detector {soloTimes[30]:F2} ms, bare with as many (spinning) threads {bareTimes[30]:F2} ms");
    }

    /// <summary>Runs it ten times in a row, once the threads of the other contender have stopped spinning: they would occupy its cores.</summary>
    private static void Time(Action step, List<double> times)
    {
        Thread.Sleep(500);
        for (var i = 0; i < 10; i++)
        {
            var started = Stopwatch.GetTimestamp();
            step();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
