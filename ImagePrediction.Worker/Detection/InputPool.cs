using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace ImagePrediction.Worker.Detection;

/// <summary>
/// One picture's place: the pinned tensor that ONNX Runtime reads in place, and the scratch rows of its resampler.
/// </summary>
internal sealed class InputBuffer(InputShape shape) : IDisposable
{
    private readonly OrtValue[] values = new OrtValue[1];
    private (int Height, int Width) bound;

    /// <summary>The tensor's memory, large enough for the largest input.</summary>
    public float[] Data { get; } = GC.AllocateArray<float>(shape.MaxLength, pinned: true);

    public LetterboxResampler Resampler { get; } = new();

    /// <summary>The tensor over <see cref="Data"/> in the given size; made anew only when the size differs from the last.</summary>
    public IReadOnlyCollection<OrtValue> Bind(int height, int width)
    {
        if (bound != (height, width))
        {
            values[0]?.Dispose();
            values[0] = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance,
                Data.AsMemory(0, shape.Batch * 3 * height * width), [shape.Batch, 3, height, width]);
            bound = (height, width);
        }
        return values;
    }

    public void Dispose() => values[0]?.Dispose();
}

/// <summary>Keeps buffers for reuse: as many as were ever in use at once, up to a bound.</summary>
internal sealed class InputPool(InputShape shape, int keep) : IDisposable
{
    private readonly ConcurrentBag<InputBuffer> free = [];

    public InputBuffer Rent() => free.TryTake(out var buffer) ? buffer : new InputBuffer(shape);

    public void Return(InputBuffer buffer)
    {
        if (free.Count < keep)
            free.Add(buffer);
        else
            buffer.Dispose();
    }

    public void Dispose()
    {
        while (free.TryTake(out var buffer))
            buffer.Dispose();
    }
}
